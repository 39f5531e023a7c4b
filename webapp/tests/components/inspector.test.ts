import { describe, expect, it } from 'vitest';

import { convertedBody, formOf } from '../../src/components/inspector/body';
import { freeName, renamedKey, valueAt, withAt } from '../../src/components/inspector/place';
import { retyped } from '../../src/components/inspector/retyped';
import type { Json } from '../../src/model/definition';

describe('a value at a place', () => {
  it('is read, whatever stands on the way', () => {
    expect(valueAt({ api: { body: [1] } }, ['api', 'body'])).toEqual([1]);
    expect(valueAt({ api: [1] }, ['api', '0'])).toBeUndefined();
    expect(valueAt({ api: null }, ['api', 'body'])).toBeUndefined();
  });

  it('is set in the old order, made where it is missing, and taken out', () => {
    const held = { id: 'a', api: { route: 'x', mine: 1 }, next: [] };
    expect(JSON.stringify(withAt(held, ['api', 'route'], 'y'))).toBe(
      '{"id":"a","api":{"route":"y","mine":1},"next":[]}',
    );
    expect(withAt(held, ['api', 'route'], undefined)).toEqual({ ...held, api: { mine: 1 } });
    expect(withAt({}, ['retry', 'delay'], 2)).toEqual({ retry: { delay: 2 } });
    expect(held.api.route).toBe('x');
  });

  it('in a side that is code keeps that as its exec', () => {
    expect(withAt({ else: 'x = 1' }, ['else', 'next'], ['a'])).toEqual({
      else: { exec: 'x = 1', next: ['a'] },
    });
  });

  it('gets another name in its place, and a free one', () => {
    expect(JSON.stringify(renamedKey({ a: 1, b: 2, c: 3 }, 'b', 'x.y'))).toBe('{"a":1,"x.y":2,"c":3}');
    expect(freeName({ name: 1, name2: 1 }, 'name')).toBe('name3');
  });
});

describe('the body of an entry', () => {
  it.each([
    ['image', 'one'],
    [['a', 'b'], 'many'],
    [[], 'many'],
    [{ a: 1 }, 'json'],
    [[1], 'json'],
    [null, 'json'],
    [undefined, 'json'],
  ] as [Json | undefined, string][])('%j is of the form %s', (body, form) => {
    expect(formOf(body)).toBe(form);
  });

  it('keeps its names in another form', () => {
    expect(convertedBody({ a: 1, b: {} }, 'many')).toEqual(['a', 'b']);
    expect(convertedBody(['a', 'b'], 'one')).toBe('a');
    expect(convertedBody('a', 'json')).toEqual({ a: '' });
    expect(convertedBody(7, 'one')).toBe('image');
  });
});

describe('another type', () => {
  it('takes out what was never filled in, and brings what is needed', () => {
    const node = { id: 'a', type: 'service', service: '', next: ['b'] };
    expect(retyped(node, 'service', 'http')).toEqual({ type: 'http', service: undefined, url: 'https://' });
    expect(retyped({ ...node, service: 'x' }, 'service', 'node')).toEqual({ type: 'node' });
    expect(retyped({ id: 'a', type: 'zzz' }, null, 'loop')).toMatchObject({ type: 'loop', items: '' });
  });
});
