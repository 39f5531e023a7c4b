import { describe, expect, it } from 'vitest';

import { LOOP_END, NODE_TYPES, placed, routeOf, servicesOf, typeOf } from '../../src/model/definition';
import { endOf, graphOf, waysOf } from '../../src/model/graph';
import { END, ENTRY, NESTED, SHIPPED, pipeline } from './pipelines';

const drawn = (definition: Parameters<typeof graphOf>[0]): string[] => {
  const { nodes, edges } = graphOf(definition);
  const name = new Map(nodes.map((node) => [node.key, node.id]));
  return edges.map((e) => `${name.get(e.source)} ${e.kind} ${name.get(e.target)}${e.back ? ' back' : ''}`);
};

describe('what a definition holds', () => {
  it('has nodes on levels, a loop before its body', () => {
    const found = placed(NESTED).map(({ key, level }) => [key, level]);
    expect(found.slice(0, 4)).toEqual([
      ['/nodes/0', null],
      ['/nodes/1', null],
      ['/nodes/1/nodes/0', '/nodes/1'],
      ['/nodes/1/nodes/1', '/nodes/1'],
    ]);
    expect(found).toHaveLength(15);
  });

  it('knows every type, and a node without one', () => {
    for (const type of NODE_TYPES) expect(typeOf({ id: 'x', type })).toBe(type);
    expect(typeOf({ id: 'x' })).toBe('node');
    expect(typeOf({ id: 'x', type: 'brnach' })).toBeNull();
    expect(typeOf({ id: 'x', type: 3 })).toBeNull();
  });

  it('has a route and calls services', () => {
    expect(routeOf(NESTED)).toBe('test');
    expect(servicesOf(NESTED)).toEqual(['image-crop', 'face-analyze', 'image-blur']);
    expect(routeOf(pipeline(END))).toBe('');
  });
});

describe('the graph', () => {
  it('has an edge for every way', () => {
    expect(drawn(NESTED)).toEqual([
      'entry next outer',
      'entry next check',
      'outer next join',
      'check then quick',
      'check else slow',
      'quick next join',
      'slow next join',
      'join next end',
      'load next middle',
      'load next note',
      `middle next ${LOOP_END}`,
      `note next ${LOOP_END}`,
      'crop next inner',
      'inner next merge',
      `merge next ${LOOP_END}`,
      'try next good',
      `good then ${LOOP_END}`,
      'good else try back',
    ]);
  });

  it('puts bodies into frames that end with a mark, and knows where a body begins', () => {
    const { nodes } = graphOf(NESTED);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    expect(byId.get('try')).toMatchObject({ parent: '/nodes/1/nodes/1/nodes/1', starts: true });
    expect(byId.get('merge')).toMatchObject({ starts: false });
    expect(nodes.filter((node) => node.kind === 'loopEnd').map((node) => node.key)).toContain(
      endOf('/nodes/1'),
    );
    expect(byId.get('entry')?.starts).toBe(false);
  });

  it('takes the branch’s own next where a side has none, and shows the condition', () => {
    const branch = { id: 'b', type: 'branch', if: 'x > 1', then: 'node.out = {}', next: ['c'] };
    expect(waysOf(branch)).toEqual([
      { kind: 'then', next: ['c'], label: 'x > 1' },
      { kind: 'else', next: ['c'], label: 'else' },
    ]);
  });

  it('draws what is not there, what has no type and what is there twice', () => {
    const definition = pipeline(
      { ...ENTRY, next: ['gone', 'twin', 'twin'] },
      { id: 'twin', type: 'x' },
      { id: 'twin' },
    );
    const { nodes, edges } = graphOf(definition);
    expect(nodes.map((node) => [node.id, node.kind])).toEqual([
      ['entry', 'entry'],
      ['twin', 'unknown'],
      ['twin', 'node'],
      ['gone', 'missing'],
    ]);
    expect(new Set(edges.map((edge) => edge.id)).size).toBe(3);
  });

  it('survives what is no node at all', () => {
    const definition = {
      type: 'pipeline' as const,
      nodes: [null, 3, 'x', [], { next: 'a', nodes: 3 }, { type: 'loop' }],
    };
    expect(graphOf(definition).nodes).toHaveLength(3);
  });

  it('finds a circle of any length', () => {
    const ring = Array.from({ length: 2_000 }, (_, at) => ({ id: `n${at}`, next: [`n${(at + 1) % 2_000}`] }));
    expect(graphOf(pipeline(...ring)).edges.filter((edge) => edge.back)).toHaveLength(1);
  });

  it.each(SHIPPED)('%s has no way back and nothing missing', (_, definition) => {
    const { nodes, edges } = graphOf(definition);
    expect(edges.filter((edge) => edge.back)).toEqual([]);
    expect(nodes.filter((node) => node.kind === 'missing' || node.kind === 'unknown')).toEqual([]);
  });
});
