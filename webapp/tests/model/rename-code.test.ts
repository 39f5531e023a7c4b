import { describe, expect, it } from 'vitest';

import type { Definition } from '../../src/model/definition';
import { rename } from '../../src/model/edit';
import { renamedCode } from '../../src/model/rename-code';

const changed = (code: string): string => renamedCode(code, 'detect', 'find');

describe('code whose node gets another id', () => {
  it.each([
    ['boxes = detect.out.answer', 'boxes = find.out.answer'],
    ['len(detect.out.answer) > 0', 'len(find.out.answer) > 0'],
    ['detect.out.n += 1\nx = detect . out', 'find.out.n += 1\nx = find . out'],
    ['x = [detect.out[k] for k in detect.out]', 'x = [find.out[k] for k in find.out]'],
    ['f(detect=detect.out)', 'f(detect=find.out)'],
    ['y = loop.detect.out', 'y = loop.find.out'],
    ['y = pipeline.nodes.detect.out', 'y = pipeline.nodes.find.out'],
    ["y = pipeline.nodes['detect'].out", "y = pipeline.nodes['find'].out"],
    ['x = f"{detect.out.n} of {{detect}} and detect"', 'x = f"{find.out.n} of {{detect}} and detect"'],
    ['node.out = {"a": detect.finished}', 'node.out = {"a": find.finished}'],
    ['x = (\n  detect.out,\n)', 'x = (\n  find.out,\n)'],
    ['x == detect', 'x == find'],
  ])('changes %j', (code, expected) => {
    expect(changed(code)).toBe(expected);
  });

  it.each([
    'x = "detect"',
    "x = '''\ndetect.out\n'''",
    'x = "a \\" detect.out"',
    'x = 1 # detect.out',
    'x = node.out.detect',
    'x = node.loop.detect',
    'detector.out + detect2',
    'f(detect=1)',
  ])('leaves %j, which means something else', (code) => {
    expect(changed(code)).toBe(code);
  });

  it.each([
    'detect = 1\nx = detect',
    'a, detect = 1, 2\nx = detect',
    'for detect in items:\n  x = detect',
    'x = [detect for detect in items]',
    'x = lambda detect: detect',
    'def work(detect):\n  return detect',
    'x = (detect := 3)',
    'detect += 1',
    'find = detect.out\nx = find',
  ])('leaves %j, which has a variable of that name', (code) => {
    expect(changed(code)).toBe(code);
  });

  it('leaves names where the new id is none, and changes keys', () => {
    const code = 'x = detect.out\ny = pipeline.nodes["detect"].out';
    expect(renamedCode(code, 'detect', 'find-it')).toBe('x = detect.out\ny = pipeline.nodes["find-it"].out');
  });

  it('is part of renaming a node, in every field of code', () => {
    const nodes = [
      { id: 'detect', type: 'node', after: 'node.out = {}', next: ['look'] },
      {
        id: 'look',
        type: 'branch',
        before: 'x = detect.out',
        ready: 'detect.finished',
        if: 'detect.out.n > 1',
        then: { exec: 'detect.out.n = 2', next: [] },
        else: 'x = detect.out.n',
      },
    ];
    const { nodes: renamed } = rename({ type: 'pipeline', nodes } satisfies Definition, '/nodes/0', 'find');
    expect(renamed[1]).toEqual({
      id: 'look',
      type: 'branch',
      before: 'x = find.out',
      ready: 'find.finished',
      if: 'find.out.n > 1',
      then: { exec: 'find.out.n = 2', next: [] },
      else: 'x = find.out.n',
    });
  });
});
