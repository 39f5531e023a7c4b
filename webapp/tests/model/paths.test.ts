import { describe, expect, it } from 'vitest';

import { renamedPath, sourceOf } from '../../src/model/paths';

describe('a path', () => {
  it.each([
    ['a.out.x', 'b.out.x'],
    ['loop.a.out', 'loop.b.out'],
    ['a', 'b'],
    ['ab.out', 'ab.out'],
    ['pipeline.nodes.a.out', 'pipeline.nodes.b.out'],
    ['pipeline.a', 'pipeline.a'],
    ['x.out.a', 'x.out.a'],
    ['loop.x.out.a', 'loop.x.out.a'],
  ])('%s becomes %s', (path, renamed) => {
    expect(renamedPath(path, 'a', 'b')).toBe(renamed);
  });

  it.each([
    ['a.out.x', 'a'],
    ['loop.a.out', 'a'],
    ['pipeline.nodes.a.out.x', 'a'],
    ['node.params.x', null],
    ['pipeline.x', null],
  ])('%s reads %s', (path, source) => {
    expect(sourceOf(path)).toBe(source);
  });
});
