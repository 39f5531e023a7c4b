import { describe, expect, it } from 'vitest';

import type { Json } from '../../src/model/definition';
import {
  type Draft,
  bodyOf,
  faultsAt,
  fieldsOf,
  fits,
  initial,
  isDraftOf,
  newItem,
  sentOf,
  shapeOf,
  withFiles,
} from '../../src/model/form';

const picture = new File(['x'], 'face.jpg', { type: 'image/jpeg' });
const sent = (body: Json, drafts: Record<string, Draft>) => sentOf(fieldsOf(body), drafts);
const kinds = (body: Json) =>
  fieldsOf(body).map((field) => (field.kind === 'part' ? 'part' : field.shape.kind));

describe('the fields of a body', () => {
  it('are parts of a form where it is a string or a list', () => {
    expect(fieldsOf('image')).toEqual([{ name: 'image', kind: 'part' }]);
    expect(fieldsOf(['image', 'areas', 3]).map((field) => field.name)).toEqual(['image', 'areas']);
  });

  it('are values like those of an example', () => {
    const body = { name: 'Myself', age: 31, tall: true, share: 0.5, tags: ['a'], box: { x: 1 }, any: null };
    expect(kinds(body)).toEqual(['text', 'number', 'boolean', 'number', 'list', 'object', 'json']);
    expect(fieldsOf(body).map(initial)).toEqual(['Myself', '31', true, '0.5', ['a'], { x: '1' }, 'null']);
  });

  it('are JSON where the example allows anything, or several things', () => {
    const body = {
      any: null,
      list: [],
      object: {},
      mixed: [1, 'a'],
      mixed2: [{ a: 1 }, { b: 1 }],
      open: [[]],
    };
    expect(kinds(body)).toEqual(['json', 'json', 'json', 'json', 'json', 'list']);
    expect(fieldsOf(body).map(initial).slice(0, 4)).toEqual(['null', '[]', '{}', '[\n 1,\n "a"\n]']);
  });

  it('have lists whose items are of one shape, with all of the examples', () => {
    const body = {
      rows: [
        { a: 1, b: [true] },
        { b: [false, true], a: 2 },
      ],
    };
    const [rows] = fieldsOf(body);
    expect(rows && initial(rows)).toEqual([
      { a: '1', b: [true] },
      { a: '2', b: [false, true] },
    ]);
    expect(newItem(shapeOf({ a: 1, b: 'x' }))).toEqual({ a: '1', b: 'x' });
  });

  it('are none where it is none of the three forms', () => {
    expect(fieldsOf(3)).toEqual([]);
    expect(fieldsOf(null)).toEqual([]);
  });
});

describe('what is sent', () => {
  it('is JSON of that shape', () => {
    const body = {
      name: 'x',
      age: 31,
      tall: false,
      tags: [],
      who: { born: { year: 1, here: true } },
      rows: [[1]],
    };
    const drafts = {
      name: '',
      age: ' 4.5',
      tall: true,
      tags: '[1, "a"]',
      who: { born: { year: '1906', here: false } },
      rows: [['1', '-2e3'], []],
    };
    expect(sent(body, drafts)).toEqual({
      kind: 'json',
      value: {
        name: '',
        age: 4.5,
        tall: true,
        tags: [1, 'a'],
        who: { born: { year: 1906, here: false } },
        rows: [[1, -2000], []],
      },
    });
  });

  it('is a form with files, and JSON for what is no file', async () => {
    const made = sent(['image', 'areas', 'digit'], { image: picture, areas: '{"areas": []}', digit: '7' });
    expect(made).toEqual({
      kind: 'form',
      parts: [['image', picture], ['areas', { areas: [] }], ['digit', { digit: 7 }]], // prettier-ignore
    });
    if (Array.isArray(made)) throw new Error('refused');
    const form = bodyOf(made) as FormData;
    expect((form.get('image') as File).name).toBe('face.jpg');
    const areas = form.get('areas') as File;
    expect([areas.type, areas.name, await areas.text()]).toEqual([
      'application/json',
      'areas.json',
      '{"areas":[]}',
    ]);
  });

  it('is refused with the place and the reason', () => {
    const body = { age: 1, box: { x: 1 }, list: [1], rows: [{ n: 1 }], any: {}, open: [] };
    const drafts = {
      age: 'old',
      box: { x: '0x1' },
      list: ['1', ''],
      rows: [{ n: '01' }],
      any: '3',
      open: '[',
    };
    expect(sent(body, drafts)).toEqual([
      { pointer: '/age', reason: 'number' },
      { pointer: '/box/x', reason: 'number' },
      { pointer: '/list/1', reason: 'number' },
      { pointer: '/rows/0/n', reason: 'number' },
      { pointer: '/any', reason: 'shape' },
      { pointer: '/open', reason: 'json' },
    ]);
    expect(sent(['image', 'areas'], { areas: ' ' })).toEqual([
      { pointer: '/image', reason: 'missing' },
      { pointer: '/areas', reason: 'missing' },
    ]);
    expect(sent({ 'a/b~c': 1 }, { 'a/b~c': 'x' })).toEqual([{ pointer: '/a~1b~0c', reason: 'number' }]);
  });

  it('is no integer that would be another one on its way', () => {
    expect(sent({ n: 1 }, { n: '9007199254740993' })).toEqual([{ pointer: '/n', reason: 'large' }]);
    expect(sent({ n: 1 }, { n: '9007199254740991' })).toMatchObject({ value: { n: 9007199254740991 } });
  });
});

describe('a draft that was kept', () => {
  const [field] = fieldsOf({ box: { x: 1, tags: [true] } });
  it.each<[Draft, boolean]>([
    [{ x: '1', tags: [false] }, true],
    [{ x: '1', tags: [] }, true],
    [{ x: '1' }, false],
    [{ x: '1', tags: ['a'] }, false],
    [{ x: 1 as unknown as Draft, tags: [] }, false],
    ['{}', false],
    [picture, false],
  ])('%j is one of the field: %s', (draft, expected) => {
    expect(field && isDraftOf(field, draft)).toBe(expected);
  });

  it('may be a file, a text or nothing for a part', () => {
    const [part] = fieldsOf('image');
    expect([picture, '[]', null, true, {}].map((draft) => part && isDraftOf(part, draft))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('files that are dropped or pasted', () => {
  const other = new File(['y'], 'other.png', { type: 'image/png' });
  const put = (body: Json, drafts: Record<string, Draft>, files: File[]) =>
    withFiles(fieldsOf(body), drafts, files);

  it('go to the parts that are free, in order', () => {
    expect(put(['a', 'b', 'c'], { a: picture }, [other])).toEqual({ b: other });
    expect(put(['a', 'b'], { a: null, b: null }, [picture, other])).toEqual({ a: picture, b: other });
    expect(put(['image', 'areas'], { image: null, areas: '' }, [picture, other])).toEqual({ image: picture });
    expect(put(['a', 'b'], { a: picture, b: picture }, [other])).toEqual({});
    expect(put({ a: 'x' }, {}, [other])).toEqual({});
  });

  it('take the place of the one that is there where it is alone', () => {
    expect(put('a', { a: picture }, [other])).toEqual({ a: other });
  });
});

it('a part whose name says so begins as JSON', () => {
  expect(fieldsOf(['image', 'areas', 'settings', 'data.jpg']).map(initial)).toEqual([null, '', '', null]);
});

it('faults are shown at their field, or at the whole that holds it', () => {
  const faults = [{ pointer: '/a' }, { pointer: '/a/0' }, { pointer: '/ab' }, {}];
  expect(faultsAt(faults, '/a', false)).toEqual([{ pointer: '/a' }]);
  expect(faultsAt(faults, '/a', true)).toEqual([{ pointer: '/a' }, { pointer: '/a/0' }]);
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
