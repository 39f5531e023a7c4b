import { describe, expect, it } from 'vitest';

import { codeMarks, jsonMarks } from '../../src/components/code/marks';
import { occurrences } from '../../src/components/code/occurrences';

describe('faults of code', () => {
  const code = 'x = 1\n  y = zz  \n';

  it('are at the words of their line, without the place in the sentence', () => {
    const [mark] = codeMarks(code, [{ line: 2, message: 'line 2, column 7: `zz` is neither' }]);
    expect(mark).toEqual({ from: 8, to: 14, line: 2, message: '`zz` is neither' });
    expect(code.slice(mark?.from, mark?.to)).toBe('y = zz');
  });

  it.each([
    [0, 1],
    [-3, 1],
    [99, 3],
    [2.7, 2],
  ])('at line %j are at line %j', (line, shown) => {
    expect(codeMarks(code, [{ line, message: 'x' }])[0]?.line).toBe(shown);
  });

  it('of an empty text are at its beginning', () => {
    expect(codeMarks('', [{ line: 1, message: 'x' }])).toEqual([{ from: 0, to: 0, line: 1, message: 'x' }]);
  });
});

describe('faults of JSON', () => {
  const text = '{\n  "a": [\n    1\n  ],\n  "b": "x"\n}';

  it('are at the line of what their pointer leads to, cut at its end', () => {
    const [a, b, all] = jsonMarks(text, [
      { pointer: '/a', message: 'A' },
      { pointer: '/b/deep', message: 'B' },
      { pointer: '', message: 'all' },
    ]);
    expect([a?.line, text.slice(a?.from, a?.to)]).toEqual([2, '[']);
    expect([b?.line, text.slice(b?.from, b?.to)]).toEqual([5, '"x"']);
    expect([all?.line, text.slice(all?.from, all?.to)]).toEqual([1, '{']);
  });

  it('give way to what makes it no JSON', () => {
    const marks = jsonMarks('{\n  "a": 1,\n}', [{ pointer: '/a', message: 'A' }]);
    expect(marks.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'PropertyNameExpected'],
      [3, 'ValueExpected'],
    ]);
  });

  it.each(['', '{', '[1', '"', 'NaN', '// x\n1'])('%j is none', (wrong) => {
    expect(jsonMarks(wrong, []).length).toBeGreaterThan(0);
  });
});

describe('a search', () => {
  it.each([
    ['', []],
    ['AB', [0, 3]],
    ['aba', [0]],
    ['x', []],
  ])('for %j', (search, found) => {
    expect(occurrences('abaab', search)).toEqual(found);
  });

  it('finds what overlaps, and stops at a thousand', () => {
    expect(occurrences('aaa', 'aa')).toEqual([0, 1]);
    expect(occurrences('a'.repeat(5_000), 'a')).toHaveLength(1_000);
  });
});
