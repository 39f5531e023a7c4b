import { describe, expect, it } from 'vitest';

import {
  binariesOf,
  differencesOf,
  differs,
  givenTo,
  pairsOf,
  sameness,
  tookOf,
} from '../../src/model/compare';
import { told } from './raw/read';

const [failed, finished] = [told('hello-each-error'), told('hello-each-finished')];
const picture = (binary: string, size: number) => ({ binary, name: 'a.png', type: 'image/png', size });

describe('two values', () => {
  it('differ where they differ', () => {
    expect(differencesOf({ a: 1, b: [1, 2] }, { a: 1, b: [1, 3, 4], c: null })).toEqual([
      { path: 'b.1', a: 2, b: 3 },
      { path: 'b.2', a: undefined, b: 4 },
      { path: 'c', a: undefined, b: null },
    ]);
    expect(differencesOf({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: 'a', a: [1], b: { 0: 1 } }]);
    expect(differencesOf({ a: { b: 1 } }, { a: { b: 1 } })).toEqual([]);
    expect(differencesOf(1, '1')).toEqual([{ path: '', a: 1, b: '1' }]);
  });

  it('with binaries may be the same', () => {
    expect(sameness(picture('a', 1), picture('a', 1))).toBe('same');
    expect(sameness([picture('a', 1)], [picture('b', 1)])).toBe('maybe');
    expect(sameness({ x: picture('a', 1), y: 1 }, { x: picture('b', 1), y: 2 })).toBe('different');
    expect(sameness(picture('a', 1), picture('b', 2))).toBe('different');
    expect(sameness({ a: 1 }, { b: 1 })).toBe('different');
    expect(binariesOf({ x: [picture('a', 1)], y: 3 })).toEqual([{ path: 'x.0', value: picture('a', 1) }]);
  });
});

describe('two tasks', () => {
  const pairs = pairsOf(failed, finished);
  const pair = (id: string) => pairs.find((each) => each.id === id);

  it('have their nodes side by side, those of bodies last', () => {
    expect(pairs.map(({ id }) => id).slice(0, 4)).toEqual(['entry', 'each', 'end', 'name0']);
    expect(pairs).toHaveLength(3 + 4 * 4);
  });

  it('differ in states, inputs and outs', () => {
    expect(pair('end')?.states).toEqual(['pending', 'finished']);
    expect(pair('name0')).toMatchObject({ out: 'same', input: 'same', nodeId: 'name' });
    expect(pair('greet2')).toMatchObject({ states: ['error', 'finished'], out: 'different' });
    expect(pair('name3')).toMatchObject({ b: null, states: ['finished', null] });
    expect(pairs.filter(differs).map(({ id }) => id)).toContain('greet2');
    expect(pairs.filter(differs).map(({ id }) => id)).not.toContain('name0');
  });

  it('were given something, and took their time', () => {
    expect(givenTo(finished)).toEqual({ names: ['Ada', 'Grace', 'Barbara'] });
    expect(tookOf(finished)).toBeGreaterThan(0);
    expect(pair('greet0')?.milliseconds.every((each) => (each ?? 0) > 0)).toBe(true);
  });

  it('are the same where one is set beside itself', () => {
    expect(pairsOf(failed, failed).some(differs)).toBe(false);
  });
});
