import { describe, expect, it } from 'vitest';

import type { Definition, JsonObject } from '../../src/model/definition';
import { removeNodes } from '../../src/model/edit';
import { movedUnfinished, unfinishedAt, withUnfinished } from '../../src/model/unfinished';

const begun = withUnfinished(new Map(), '/nodes/1', ['params'], { stored: '', text: '{"a"' });

describe('text that is no JSON yet', () => {
  it('is kept at its field, as long as that holds what it held', () => {
    const texts = begun.get('/nodes/1') ?? [];
    expect(unfinishedAt(texts, ['params'], '')?.text).toBe('{"a"');
    expect(unfinishedAt(texts, ['params'], '{}')).toBeUndefined();
    expect(unfinishedAt(texts, ['headers'], '')).toBeUndefined();
  });

  it('goes when it is finished', () => {
    const other = withUnfinished(begun, '/nodes/1', ['headers'], { stored: '', text: '[' });
    const left = withUnfinished(other, '/nodes/1', ['params'], null);
    expect(left.get('/nodes/1')?.map(({ place }) => place)).toEqual([['headers']]);
    expect(withUnfinished(left, '/nodes/1', ['headers'], null).size).toBe(0);
    expect(withUnfinished(begun, '/nodes/2', ['params'], null)).toBe(begun);
  });

  it('follows its node, and goes with it', () => {
    const nodes: JsonObject[] = ['a', 'b', 'c'].map((id) => ({ id, type: 'node' }));
    const definition: Definition = { type: 'pipeline', nodes };
    const without = (key: string): Definition => removeNodes(definition, [key]);
    expect([...movedUnfinished(begun, definition, without('/nodes/0')).keys()]).toEqual(['/nodes/0']);
    expect(movedUnfinished(begun, definition, without('/nodes/1')).size).toBe(0);
  });
});
