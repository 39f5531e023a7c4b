import { describe, expect, it } from 'vitest';

import { type Place, codeSuggestions, knownOf, suggestions } from '../../src/model/complete';
import type { Definition, Json, JsonObject } from '../../src/model/definition';
import type { Service } from '../../src/model/wire';
import { END, ENTRY, NESTED, SHIPPED, pipeline } from './pipelines';

const CROP: JsonObject = {
  type: 'object',
  properties: { result: { type: 'string', format: 'binary' }, box: { $ref: '#/$defs/Box' } },
  patternProperties: { '^result[0-9]+$': { type: 'string', format: 'binary' } },
  $defs: { Box: { type: 'object', properties: { x: { type: 'integer' }, y: { anyOf: [{}] } } } },
};

function operation(route: string, result: JsonObject): Service {
  const instance = { alive: true, calls: 0, breaker: 'closed' as const, failures: 0, retry_in: null };
  return {
    type: 'service',
    nodes: [],
    state: { route, version: 1, away: [], instances: [{ url: `http://here/${route}`, ...instance }] },
    api: { body: 'image', result },
  };
}

const KNOWN = knownOf([
  operation('image-crop', CROP),
  {
    type: 'pipeline',
    nodes: [ENTRY, { id: 'end', type: 'end', input: { 'blurred.jpg': 'entry.out.image' } }],
    state: { route: 'test', version: 1, away: [] },
  },
]);

const paths = (definition: Definition, key: string, place: Place = 'input'): string[] =>
  suggestions(definition, key, KNOWN, place).map(({ path }) => path);

/** What a node gives, as the one after it may write it. */
function given(node: JsonObject, entry: JsonObject = ENTRY): [string, string][] {
  const definition = pipeline({ ...entry, next: ['a'] }, { ...node, id: 'a', next: ['b'] }, { id: 'b' });
  return suggestions(definition, '/nodes/2', KNOWN)
    .filter(({ path }) => path.startsWith('a.out.'))
    .map(({ path, detail }) => [path.slice('a.out.'.length), detail]);
}

describe('what may be written', () => {
  it('is on the level itself and all around it, by loop. only within the own body', () => {
    const crop = paths(NESTED, '/nodes/1/nodes/1/nodes/1/nodes/0');
    expect(crop).toContain('loop.good.out');
    expect(crop).toContain('crop.out.result');
    expect(crop).toContain('load.out');
    expect(crop).toContain('entry.out.image');
    expect(crop).toContain('node._loop');
    expect(crop.some((path) => path.startsWith('inner.'))).toBe(false);
  });

  it('does not reach into bodies', () => {
    const end = paths(NESTED, '/nodes/6');
    expect(end).toContain('quick.out');
    expect(end).toContain('outer.out.found0');
    expect(end.some((path) => path.includes('crop'))).toBe(false);
    expect(end).not.toContain('node._loop');
  });

  it('begins with the nodes before it, the nearest first, and marks those that may not have run', () => {
    const definition = pipeline(
      { ...ENTRY, next: ['a', 'other'] },
      { id: 'a', input: {}, next: ['b'] },
      { id: 'b', input: {}, next: ['c'] },
      { id: 'c', next: ['end'] },
      { id: 'other', input: {}, next: ['end'] },
      END,
    );
    const found = suggestions(definition, '/nodes/3', KNOWN).filter(({ path }) => path.endsWith('.out'));
    expect(found.map(({ path, later }) => [path, later ?? false])).toEqual([
      ['b.out', false],
      ['a.out', false],
      ['entry.out', false],
      ['other.out', true],
    ]);
  });

  it('are in a body the nodes before the loop around it, and not those after', () => {
    const found = suggestions(NESTED, '/nodes/1/nodes/1/nodes/0', KNOWN);
    const later = new Map(found.map(({ path, later = false }) => [path, later]));
    expect(later.get('load.out')).toBe(false);
    expect(later.get('entry.out.image')).toBe(false);
    expect(later.get('loop.merge.out')).toBe(true);
    expect(later.get('join.out')).toBe(true);
  });

  it('is in `collect` what the nodes of the body give', () => {
    expect(paths(NESTED, '/nodes/1/nodes/1', 'collect')).toContain('crop.out.box.x');
    expect(paths(NESTED, '/nodes/1/nodes/1', 'collect')).not.toContain('load.out');
  });

  it('is nothing for a node that is not there', () => {
    expect(paths(NESTED, '/nodes/77')).toEqual([]);
    expect(codeSuggestions(NESTED, '/nodes/77')).toEqual([]);
  });

  it.each(SHIPPED)('holds every path that %s writes', (_, definition) => {
    const visit = (nodes: Json[], prefix: string): void => {
      nodes.forEach((node, index) => {
        const { input, nodes: body } = node as JsonObject;
        const key = `${prefix}/${index}`;
        const found = paths(definition, key);
        for (const path of Object.values((input ?? {}) as Record<string, string>)) {
          const steps = path.startsWith('node.') || path.startsWith('loop.') ? 3 : 2;
          expect(found).toContain(path.split('.').slice(0, steps).join('.'));
        }
        if (body) visit(body as Json[], `${key}/nodes`);
      });
    };
    visit(definition.nodes, '/nodes');
  });
});

describe('what a node gives', () => {
  it('is for an entry what a client sends', () => {
    const body = { size: { width: 1 }, tags: [], any: null };
    const definition = pipeline({ ...ENTRY, api: { route: 'x', body } }, { id: 'a', params: { quality: 3 } });
    expect(suggestions(definition, '/nodes/1').map(({ path, detail }) => [path, detail])).toEqual([
      ['entry.out', 'object'],
      ['entry.out.size', 'object'],
      ['entry.out.size.width', 'number'],
      ['entry.out.tags', 'array'],
      ['entry.out.any', ''],
      ['node.params.quality', 'number'],
    ]);
    expect(given({}, { ...ENTRY, api: { body: 'picture' } })).toEqual([['picture', 'binary']]);
    expect(given({}, { ...ENTRY, api: 7 })).toEqual([]);
  });

  it('is for a service what it declares, by its route or its address', () => {
    const declared = [
      ['result', 'binary'],
      ['box', 'object'],
      ['box.x', 'integer'],
      ['box.y', 'any of several'],
      ['result0', 'binary'],
      ['result1', 'binary'],
    ];
    expect(given({ type: 'service', service: 'image-crop' })).toEqual(declared);
    expect(given({ type: 'service', url: 'http://here/image-crop' })).toEqual(declared);
    expect(given({ type: 'service', service: 'nobody' })).toEqual([]);
  });

  it('is for a pipeline that is called what its end takes', () => {
    expect(given({ type: 'service', service: 'test' })).toEqual([['blurred.jpg', 'binary']]);
  });

  it('is for a request a value, or a binary', () => {
    expect(given({ type: 'http', url: 'http://x' })).toEqual([
      ['value', ''],
      ['raw', 'binary'],
    ]);
  });

  it('is for a node its input, or else what comes before it', () => {
    expect(given({})).toEqual([['image', 'binary']]);
    expect(given({ input: { x: 'entry.out.image', y: 'no.way', z: 7 } })).toEqual([
      ['x', 'binary'],
      ['y', ''],
      ['z', ''],
    ]);
    expect(given({ params: { a: { b: 1 } }, input: { x: 'node.params.a' } })).toContainEqual([
      'x.b',
      'number',
    ]);
  });

  it('is for a branch what its sides give', () => {
    const sides = { then: { out: { x: 'entry.out.image' } }, else: { out: { y: 'node.input.image' } } };
    expect(given({ type: 'branch', ...sides })).toEqual([
      ['x', 'binary'],
      ['y', 'binary'],
    ]);
    expect(given({ type: 'branch', then: {}, else: "node.out.note = 'x'" })).toEqual([
      ['image', 'binary'],
      ['note', ''],
    ]);
  });

  it('is for a loop what it collects, numbered', () => {
    const nodes = [{ id: 'c', type: 'service', service: 'image-crop', next: ['loopEnd'] }];
    expect(given({ type: 'loop', items: 'entry.out.x', nodes, collect: { face: 'c.out.result' } })).toEqual([
      ['face0', 'binary'],
      ['face1', 'binary'],
    ]);
    expect(given({ type: 'loop', items: 3, nodes: 'none', collect: [] })).toEqual([]);
  });

  it('is through nested loops what the innermost gives', () => {
    const cell = {
      id: 'cell',
      type: 'loop',
      items: 'node._loop',
      nodes: [{ id: 'x' }],
      collect: { v: 'x.out' },
    };
    const rows = { type: 'loop', items: 'entry.out.rows', nodes: [cell], collect: { row: 'cell.out.v0' } };
    expect(given(rows).map(([path]) => path)).toEqual(['row0', 'row1']);
  });

  it('is what code makes of it', () => {
    expect(
      given({ after: "node.out = {'text': f'{input.x}', \"n\": {'deep': 1}}\nnode.out.more = 2" }),
    ).toEqual([
      ['text', ''],
      ['n', ''],
      ['more', ''],
    ]);
    expect(given({ before: "input['y'] = 1" })).toEqual([
      ['image', 'binary'],
      ['y', ''],
    ]);
  });

  it('ends where nodes lead back to each other', () => {
    const definition = pipeline({ id: 'a', next: ['b'] }, { id: 'b', next: ['a', 'c'] }, { id: 'c' });
    expect(paths(definition, '/nodes/2')).toEqual(['b.out', 'a.out']);
  });

  it.each([false, true])('goes through a thousand nodes, backwards: %s', (backwards) => {
    const row = Array.from({ length: 1_000 }, (_, at) => ({ id: `n${at}`, next: [`n${at + 1}`] }));
    const nodes = [{ ...ENTRY, next: ['n0'] }, ...row, { id: 'n1000' }];
    const definition = pipeline(...(backwards ? nodes.reverse() : nodes));
    expect(paths(definition, backwards ? '/nodes/1' : '/nodes/1000').length).toBeGreaterThan(999);
    const found = paths(definition, backwards ? '/nodes/0' : '/nodes/1001');
    expect(found.includes('n999.out.image')).toBe(!backwards);
  });

  it('ends where a description leads into itself', () => {
    const tree = {
      properties: { child: { $ref: '#/$defs/Tree' } },
      $defs: { Tree: { properties: { child: { $ref: '#/$defs/Tree' } } } },
    };
    const definition = pipeline({ id: 'a', type: 'service', service: 'tree', next: ['b'] }, { id: 'b' });
    const found = suggestions(definition, '/nodes/1', knownOf([operation('tree', tree)]));
    expect(found.at(-1)?.path).toBe('a.out.child.child.child.child');
  });

  it('is known of the items of a body', () => {
    const entry = { ...ENTRY, api: { body: { faces: [{ box: [1], name: '' }] } }, next: ['l'] };
    const definition = pipeline(entry, {
      id: 'l',
      type: 'loop',
      items: 'entry.out.faces',
      nodes: [{ id: 'x' }],
    });
    expect(paths(definition, '/nodes/1/nodes/0')).toContain('node._loop.name');
  });
});
