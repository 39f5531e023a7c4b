import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { quoted } from '../../src/model/commands';
import { filesOf } from '../../src/model/results';
import { secondsBetween, sizeText } from '../../src/model/words';

describe('what the shell reads', () => {
  it.each(['plain', "it's", 'a b', '$HOME `x` "y"', '\\', '*'])('quotes %j as the shell reads it', (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(text)}`], { encoding: 'utf8' })).toBe(text);
  });
});

it('the files of a result are found wherever they are', () => {
  const url = (name: string): string => `http://x/tasks/t1/files/${name}`;
  const result = { 'a.jpg': url('a.jpg'), deep: [{ x: url('b.png') }, 'http://x/tasks/t2/files/c'], n: null };
  expect(filesOf(result, 't1')).toEqual([
    { path: 'a.jpg', url: url('a.jpg') },
    { path: 'deep.0.x', url: url('b.png') },
  ]);
});

describe('numbers as people read them', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [74_962, '75.0 kB'],
    [1_234_567, '1.23 MB'],
    [5e15, '5.00e+3 TB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('seconds have three places', () => {
    expect(secondsBetween('2026-01-01T00:00:00.5Z', '2026-01-01T00:00:02Z')).toBe('1.500');
    expect(secondsBetween('2026-01-01T00:00:00Z', null)).toBeNull();
  });
});
