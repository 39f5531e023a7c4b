import { describe, expect, it } from 'vitest';

import { codeSuggestions, missingInputs } from '../../src/model/complete';
import { assigned } from '../../src/model/complete-code';
import type { Json } from '../../src/model/definition';
import { END, ENTRY, pipeline } from './pipelines';

describe('code', () => {
  const definition = pipeline(
    { ...ENTRY, next: ['my-id', 'a'] },
    { id: 'my-id', after: 'pipeline.total = 1', next: ['a'] },
    { id: 'a', params: { limit: 1 }, input: { picture: 'entry.out.image' }, next: ['end'] },
    END,
  );
  const found = codeSuggestions(definition, '/nodes/2').map(({ path }) => path);

  it('names the input, the node, what comes before it, the pipeline and the words of the language', () => {
    for (const name of [
      'input.picture',
      'node.params.limit',
      'entry.out.image',
      'pipeline.total',
      'len',
      'math.sqrt',
    ])
      expect(found).toContain(name);
  });

  it('names no node whose id is no name', () => {
    expect(found.some((path) => path.startsWith('my-id'))).toBe(false);
  });

  it.each([
    ['node.out.a = 1', { whole: false, names: ['a'] }],
    ['node.out.a == 1', { whole: false, names: [] }],
    ["node.out = {'a': {'b': 1}, 'c': [1, {'d': 2}]}", { whole: true, names: ['a', 'c'] }],
    ['node.out = other', { whole: true, names: [] }],
    ['other.node.out.a = 1', { whole: false, names: [] }],
    ["node.out = {'a: {': 1", { whole: true, names: ['a: {'] }],
  ])('%s sets what it says', (code, expected) => {
    expect(assigned(code, 'node.out')).toEqual(expected);
  });
});

describe('the inputs that are missing', () => {
  it.each([
    ['image', {}, ['image']],
    [['image', 'areas'], { image: 'x' }, ['areas']],
    [{ name: '' }, undefined, ['name']],
    [null, {}, []],
    [7, {}, []],
  ] as [Json, unknown, string[]][])('of %j, given %j', (wanted, held, expected) => {
    expect(missingInputs(wanted, held)).toEqual(expected);
  });
});
