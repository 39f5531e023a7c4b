import { describe, expect, it } from 'vitest';

import { bodyOf, fieldsOf, fits, initial } from '../../src/model/form';

const picture = new File(['x'], 'face.jpg', { type: 'image/jpeg' });

describe('the fields of a body', () => {
  it('are files where it is a string or a list', () => {
    expect(fieldsOf('image')).toEqual([{ name: 'image', kind: 'file', example: null }]);
    expect(fieldsOf(['image', 'areas', 3]).map((field) => field.name)).toEqual(['image', 'areas']);
  });

  it('are values like those of an example', () => {
    const body = { name: 'Myself', age: 31, tall: true, share: 0.5, tags: ['a'], box: { x: 1 }, any: null };
    expect(fieldsOf(body).map((field) => field.kind)).toEqual([
      'text',
      'number',
      'boolean',
      'number',
      'json',
      'json',
      'json',
    ]);
    expect(fieldsOf(body).map(initial)).toEqual([
      'Myself',
      '31',
      true,
      '0.5',
      '[\n "a"\n]',
      '{\n "x": 1\n}',
      'null',
    ]);
  });

  it('are none where it is none of the three forms', () => {
    expect(fieldsOf(3)).toEqual([]);
    expect(fieldsOf(null)).toEqual([]);
  });
});

describe('what is sent', () => {
  it('is JSON of that shape', () => {
    const fields = fieldsOf({ name: 'x', age: 31, tall: false, tags: [] });
    const entered = { name: '', age: ' 4.5', tall: true, tags: '[1, "a"]' };
    expect(bodyOf(fields, entered)).toEqual({ name: '', age: 4.5, tall: true, tags: [1, 'a'] });
  });

  it('is a form with files, and JSON for what is no file', async () => {
    const form = bodyOf(fieldsOf(['image', 'areas']), { image: picture, areas: '{"areas": []}' });
    expect(form).toBeInstanceOf(FormData);
    const sent = form as FormData;
    expect((sent.get('image') as File).name).toBe('face.jpg');
    expect((sent.get('areas') as File).type).toBe('application/json');
    expect(await (sent.get('areas') as File).text()).toBe('{"areas":[]}');
  });

  it('is refused with the field and the reason', () => {
    const fields = fieldsOf({ age: 1, box: { x: 1 }, list: [1] });
    expect(bodyOf(fields, { age: 'old', box: '{"y": 1}', list: '[' })).toEqual([
      { field: 'age', reason: 'number' },
      { field: 'box', reason: 'shape' },
      { field: 'list', reason: 'json' },
    ]);
    expect(bodyOf(fields, { age: '"1"', box: '3', list: '{}' })).toHaveLength(3);
    expect(bodyOf(fieldsOf(['image']), {})).toEqual([{ field: 'image', reason: 'missing' }]);
    expect(bodyOf(fieldsOf(['image']), { image: '[1]' })).toEqual([{ field: 'image', reason: 'shape' }]);
    expect(bodyOf(fieldsOf(['image']), { image: 'x' })).toEqual([{ field: 'image', reason: 'json' }]);
  });
});

describe('the shape of an example', () => {
  it.each([
    [{ a: 1 }, { a: 2 }, true],
    [{ a: 1 }, { a: 2, b: 1 }, false],
    [{ a: 1 }, {}, false],
    [{}, { x: 1 }, true],
    [{}, [], false],
    [[], [1, 'a'], true],
    [[1, 'a'], ['b', 2], true],
    [[1], ['b'], false],
    [[1], {}, false],
    [null, { x: [] }, true],
    ['a', 1, false],
    [true, 'true', false],
    [1, 1.5, true],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }, { c: 3 }] } }, true],
    [{ a: { b: [{ c: 1 }] } }, { a: { b: [{ d: 2 }] } }, false],
  ])('%j and %j: %s', (example, value, expected) => {
    expect(fits(example, value)).toBe(expected);
  });
});
