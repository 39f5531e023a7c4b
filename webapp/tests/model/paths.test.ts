import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/model/definition';
import { renamedPath, sourceOf, suggestions } from '../../src/model/paths';
import { ENTRY, NESTED, pipeline } from './pipelines';

const RESULTS = new Map<string, JsonObject>([
  [
    'image-crop',
    {
      type: 'object',
      properties: { result: { type: 'string', format: 'binary' }, box: { $ref: '#/$defs/Box' } },
      $defs: { Box: { type: 'object', properties: { x: { type: 'integer' }, y: { anyOf: [{}] } } } },
    },
  ],
]);

const written = (key: string): string[] => suggestions(NESTED, key, RESULTS).map((each) => each.path);

describe('the paths that may be written', () => {
  it('reach the level itself and all around it, by loop. only within the own body', () => {
    const crop = written('/nodes/1/nodes/1/nodes/1/nodes/0');
    expect(crop).toContain('loop.good.out');
    expect(crop).toContain('crop.out.result');
    expect(crop).toContain('load.out');
    expect(crop).toContain('entry.out.image');
    expect(crop).toContain('node._loop');
    expect(crop.some((path) => path.startsWith('inner.'))).toBe(false);
  });

  it('do not reach into bodies', () => {
    const end = written('/nodes/6');
    expect(end).toContain('quick.out');
    expect(end).toContain('outer.out.found0');
    expect(end.some((path) => path.includes('crop'))).toBe(false);
    expect(end).not.toContain('node._loop');
  });

  it('come from what services declare, with their types', () => {
    const merge = suggestions(NESTED, '/nodes/1/nodes/1/nodes/2', RESULTS);
    const crop = merge
      .filter(({ path }) => path.startsWith('loop.crop.'))
      .map(({ path, detail }) => [path, detail]);
    expect(crop).toEqual([
      ['loop.crop.out.result', 'binary'],
      ['loop.crop.out.box', 'object'],
      ['loop.crop.out.box.x', 'integer'],
      ['loop.crop.out.box.y', 'any of several'],
    ]);
  });

  it('come from the body of the entry and from params', () => {
    const definition = pipeline(
      { ...ENTRY, api: { route: 'x', body: { size: { width: 1 }, tags: [], any: null } } },
      { id: 'a', params: { quality: 3 } },
    );
    expect(suggestions(definition, '/nodes/1', new Map())).toEqual([
      { path: 'entry.out.size', detail: 'object' },
      { path: 'entry.out.size.width', detail: 'number' },
      { path: 'entry.out.tags', detail: 'array' },
      { path: 'entry.out.any', detail: '' },
      { path: 'node.params.quality', detail: 'number' },
    ]);
  });

  it('are none for a node that is not there', () => {
    expect(suggestions(NESTED, '/nodes/77', RESULTS)).toEqual([]);
  });

  it('end where a description leads into itself', () => {
    const tree: JsonObject = {
      properties: { child: { $ref: '#/$defs/Tree' } },
      $defs: { Tree: { properties: { child: { $ref: '#/$defs/Tree' } } } },
    };
    const definition = pipeline({ id: 'a', type: 'service', service: 'tree' }, { id: 'b' });
    expect(suggestions(definition, '/nodes/1', new Map([['tree', tree]])).at(-1)?.path).toBe(
      'a.out.child.child.child.child',
    );
  });
});

describe('a path', () => {
  it.each([
    ['a.out.x', 'b.out.x'],
    ['loop.a.out', 'loop.b.out'],
    ['a', 'b'],
    ['ab.out', 'ab.out'],
    ['x.out.a', 'x.out.a'],
    ['loop.x.out.a', 'loop.x.out.a'],
  ])('%s becomes %s', (path, renamed) => {
    expect(renamedPath(path, 'a', 'b')).toBe(renamed);
  });

  it.each([
    ['a.out.x', 'a'],
    ['loop.a.out', 'a'],
    ['node.params.x', null],
    ['pipeline.x', null],
  ])('%s reads %s', (path, source) => {
    expect(sourceOf(path)).toBe(source);
  });
});
