import { describe, expect, it } from 'vitest';

import { keysOf, lineOf, rangeOf, readDefinition, write } from '../../src/model/text';
import { NESTED, SHIPPED } from './pipelines';

const TEXT = write(NESTED);
const at = (pointer: string): string => {
  const range = rangeOf(TEXT, pointer);
  return range ? TEXT.slice(range.from, range.to) : '';
};

describe('a definition as text', () => {
  it.each([...SHIPPED, ['three levels', NESTED] as const])('%s comes back as it was', (_, definition) => {
    expect(readDefinition(write(definition))).toEqual({ definition, faults: [] });
  });

  it.each([
    ['{"nodes": [}', 'ValueExpected', 11],
    ['{"nodes": [],}', 'PropertyNameExpected', 13],
    ['// no\n{"nodes": []}', 'InvalidCommentToken', 0],
    ['', 'ValueExpected', 0],
    ['[]', 'NoPipeline', 0],
    ['{"nodes": 3}', 'NoPipeline', 0],
  ])('%j is refused where it is wrong', (text, message, from) => {
    const { definition, faults } = readDefinition(text);
    expect(definition).toBeNull();
    expect(faults[0]).toMatchObject({ message, from });
  });
});

describe('a pointer', () => {
  it('leads to a value', () => {
    expect(at('/nodes/1/items')).toBe('"entry.out.pictures"');
    expect(at('/nodes/1/nodes/1/nodes/1/nodes/1/then/next/0')).toBe('"loopEnd"');
    expect(at('')).toBe(TEXT.trim());
  });

  it('leads to the nearest thing around what is not there', () => {
    expect(at('/nodes/4/timeout')).toContain('"slow"');
    expect(at('/nodes/99')).toBe(at('/nodes'));
  });

  it('leads nowhere in no text', () => {
    expect(rangeOf('', '/nodes')).toBeNull();
  });

  it('has escaped keys, and numbers where they may be indexes', () => {
    expect(keysOf('/a~1b/m~0n/01/2')).toEqual(['a/b', 'm~n', '01', 2]);
    expect(keysOf('')).toEqual([]);
  });

  it('finds a key that is a number in an object', () => {
    const text = '{"nodes": [{"input": {"0": "a.out"}}]}';
    expect(rangeOf(text, '/nodes/0/input/0')).toEqual({ from: 27, to: 34 });
  });
});

it('a line is counted from one', () => {
  expect(lineOf('a\nb\nc', 0)).toBe(1);
  expect(lineOf('a\nb\nc', 4)).toBe(3);
});
