import { describe, expect, it } from 'vitest';

import type { Definition, JsonObject } from '../../src/model/definition';
import { type NodeChange, difference, isSameDefinition } from '../../src/model/diff';
import { compareLines, folded } from '../../src/model/diff-lines';
import { find, rename, setFields } from '../../src/model/edit';
import { END, ENTRY, NESTED, SHIPPED, pipeline } from './pipelines';

const A: JsonObject = { id: 'a', type: 'service', service: 'image-blur', next: ['end'] };
const BASE = pipeline(ENTRY, A, END);

const of = (nodes: NodeChange[], id: string): NodeChange | undefined => nodes.find((each) => each.id === id);
const keyOf = (definition: Definition, id: string): string => {
  const walk = (nodes: unknown[], prefix: string): string => {
    for (const [index, node] of nodes.entries()) {
      const here = `${prefix}/${index}`;
      const held = node as JsonObject;
      if (held['id'] === id) return here;
      const inner = Array.isArray(held['nodes']) ? walk(held['nodes'], `${here}/nodes`) : '';
      if (inner) return inner;
    }
    return '';
  };
  return walk(definition.nodes, '/nodes');
};

describe('the difference of two definitions', () => {
  it.each(SHIPPED)('is nothing between %s and itself, whatever the order of keys', (_, definition) => {
    const turned = JSON.parse(JSON.stringify(definition), (__, value: unknown) =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as Definition;
    expect(difference(definition, turned)).toEqual({ nodes: [], edges: [], other: [], reordered: false });
    expect(isSameDefinition(definition, { ...turned, state: { version: 3 } } as unknown as Definition)).toBe(
      true,
    );
  });

  it('has nodes that were added and removed, with their fields and edges', () => {
    const b: JsonObject = { id: 'b', type: 'http', url: 'https://example.org', next: ['end'] };
    const after = pipeline(ENTRY, { ...A, next: ['b'] }, b, END);
    const { nodes, edges } = difference(BASE, after);
    expect(nodes).toEqual([
      {
        change: 'added',
        key: '/nodes/2',
        id: 'b',
        type: 'http',
        level: null,
        renamedFrom: null,
        movedFrom: null,
        fields: [
          { path: ['type'], before: undefined, after: 'http' },
          { path: ['url'], before: undefined, after: 'https://example.org' },
        ],
      },
    ]);
    expect(edges).toEqual([
      { change: 'removed', source: 'a', target: 'end', kind: 'next' },
      { change: 'added', source: 'a', target: 'b', kind: 'next' },
      { change: 'added', source: 'b', target: 'end', kind: 'next' },
    ]);
    expect(difference(after, BASE).nodes[0]).toMatchObject({ change: 'removed', id: 'b', key: '/nodes/2' });
  });

  it('names each field that differs, down to the key of an input', () => {
    const after = pipeline(
      { ...ENTRY, api: { route: 'test', body: ['image', 'areas'] } },
      { ...A, before: 'x = 1' },
      { id: 'end', type: 'end', input: { x: 'a.out.y', 'blurred.jpg': 'a.out.x' } },
    );
    const { nodes, edges } = difference(BASE, after);
    expect(of(nodes, 'entry')?.fields).toEqual([
      { path: ['api', 'body'], before: ['image'], after: ['image', 'areas'] },
    ]);
    expect(of(nodes, 'a')?.fields).toEqual([{ path: ['before'], before: undefined, after: 'x = 1' }]);
    expect(of(nodes, 'end')?.fields).toEqual([
      { path: ['input', 'x'], before: 'a.out.x', after: 'a.out.y' },
      { path: ['input', 'blurred.jpg'], before: undefined, after: 'a.out.x' },
    ]);
    expect(edges).toEqual([]);
  });

  it('knows a node that was only renamed, and takes paths that follow it for no change', () => {
    const after = rename(BASE, '/nodes/1', 'blur');
    expect(difference(BASE, after)).toEqual({
      nodes: [expect.objectContaining({ change: 'changed', id: 'blur', renamedFrom: 'a', fields: [] })],
      edges: [],
      other: [],
      reordered: false,
    });
    const left = setFields(after, '/nodes/2', { input: { x: 'a.out.x', y: 'blur.out.y' } });
    expect(of(difference(BASE, left).nodes, 'end')?.fields).toEqual([
      { path: ['input', 'y'], before: undefined, after: 'blur.out.y' },
    ]);
  });

  it('takes one of another content for another node', () => {
    const other = pipeline(ENTRY, { ...A, id: 'x', service: 'image-crop' }, END);
    expect(difference(BASE, other).nodes.map(({ change, id }) => [change, id])).toEqual([
      ['removed', 'a'],
      ['added', 'x'],
    ]);
  });

  it('goes into loops, and knows the loop around a node', () => {
    const after = setFields(NESTED, keyOf(NESTED, 'good'), { if: 'True' });
    const { nodes } = difference(NESTED, after);
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({
      id: 'good',
      level: 'inner',
      key: keyOf(NESTED, 'good'),
      movedFrom: null,
    });
    const renamed = rename(NESTED, keyOf(NESTED, 'middle'), 'centre');
    expect(
      difference(NESTED, renamed).nodes.map(({ id, renamedFrom, movedFrom }) => [id, renamedFrom, movedFrom]),
    ).toEqual([['centre', 'middle', null]]);
  });

  it('knows a node that was moved into a loop or out of it', () => {
    const loop = (nodes: JsonObject[]): JsonObject => ({
      id: 'each',
      type: 'loop',
      items: 'entry.out.x',
      nodes,
      next: ['end'],
    });
    const inner: JsonObject = { id: 'in', type: 'node', next: ['loopEnd'] };
    const outside = pipeline(ENTRY, A, loop([inner]), END);
    const inside = pipeline(ENTRY, loop([inner, { ...A, next: ['loopEnd'] }]), END);
    expect(of(difference(outside, inside).nodes, 'a')).toMatchObject({
      movedFrom: '',
      level: 'each',
      fields: [],
    });
    expect(of(difference(inside, outside).nodes, 'a')).toMatchObject({ movedFrom: 'each', level: null });
    expect(difference(outside, inside).nodes).toHaveLength(1);
  });

  it('tells the sides of a branch apart, and takes a text for the code that it is', () => {
    const branch = (then: JsonObject | string, otherwise: JsonObject): Definition =>
      pipeline(ENTRY, { id: 'a', type: 'branch', if: 'True', then, else: otherwise, next: ['end'] }, END);
    const { nodes, edges } = difference(
      branch('x = 1', { next: ['end'] }),
      branch({ exec: 'x = 2', next: ['a'] }, { next: ['end'] }),
    );
    expect(nodes[0]?.fields).toEqual([{ path: ['then', 'exec'], before: 'x = 1', after: 'x = 2' }]);
    expect(edges).toEqual([
      { change: 'removed', source: 'a', target: 'end', kind: 'then' },
      { change: 'added', source: 'a', target: 'a', kind: 'then' },
    ]);
  });

  it('knows that a loop begins with another node, and that order means nothing elsewhere', () => {
    const [entry, loop] = NESTED.nodes as JsonObject[];
    const turned = { ...loop, nodes: [...(loop?.['nodes'] as JsonObject[])].reverse() };
    const after = { ...NESTED, nodes: [entry ?? {}, turned, ...NESTED.nodes.slice(2)] };
    const [change] = difference(NESTED, after).nodes;
    expect(change).toMatchObject({ id: 'outer', fields: [{ path: ['nodes', '0'], before: 'load' }] });
    const other = pipeline(END, A, ENTRY);
    expect(difference(BASE, other)).toEqual({ nodes: [], edges: [], other: [], reordered: true });
    expect(isSameDefinition(BASE, other)).toBe(false);
  });

  it('lives with what is wrong: ids that are there twice, nodes that are none', () => {
    const wrong = pipeline(ENTRY, A, { ...A, service: 'image-crop' }, END);
    const broken: Definition = { ...wrong, nodes: [...wrong.nodes, 'what', null] };
    expect(difference(wrong, wrong).nodes).toEqual([]);
    expect(difference(wrong, broken)).toMatchObject({ nodes: [], edges: [], reordered: true });
    const [first] = difference(wrong, BASE).nodes;
    expect(first).toMatchObject({ change: 'removed', key: '/nodes/2' });
    expect(find(wrong, '/nodes/2')).toBeDefined();
  });

  it('has the fields beside the nodes', () => {
    const after = { ...BASE, owner: 'me' } as Definition;
    expect(difference(BASE, after).other).toEqual([{ path: ['owner'], before: undefined, after: 'me' }]);
  });
});

describe('two texts side by side', () => {
  const shown = (before: string, after: string): string[] =>
    compareLines(before, after).map(
      (row) => `${row.same ? '=' : '~'}${row.before?.text ?? ''}|${row.after?.text ?? ''}`,
    );

  it('pairs the lines that were changed and finds those that stayed', () => {
    expect(shown('a\nb\nc', 'a\nx\nc')).toEqual(['=a|a', '~b|x', '=c|c']);
    expect(shown('a\nc', 'a\nb\nc')).toEqual(['=a|a', '~|b', '=c|c']);
    expect(shown('', 'a\n')).toEqual(['~|a']);
    expect(shown('a', '')).toEqual(['~a|']);
    expect(shown('', '')).toEqual([]);
    expect(shown('x\na\ny\nb', 'a\nz\nb\nq')).toEqual(['~x|', '=a|a', '~y|z', '=b|b', '~|q']);
  });

  it('numbers the lines of each', () => {
    const rows = compareLines('a\nb\nc', 'b\nc\nd');
    expect(rows.map((row) => [row.before?.number ?? 0, row.after?.number ?? 0])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [0, 3],
    ]);
  });

  it('gives back both texts, whatever they are, with no more differences than there must be', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let turn = 0; turn < 300; turn += 1) {
      const text = (): string[] => Array.from({ length: 1 + random(12) }, () => 'abc'[random(3)] ?? 'a');
      const [one, other] = [text(), text()];
      const rows = compareLines(one.join('\n'), other.join('\n'));
      expect(rows.flatMap((row) => (row.before ? [row.before.text] : []))).toEqual(one);
      expect(rows.flatMap((row) => (row.after ? [row.after.text] : []))).toEqual(other);
      expect(rows.filter((row) => row.same)).toHaveLength(longestCommon(one, other));
    }
  });

  it('takes texts that have nothing in common as replaced, in no time', () => {
    const lines = (mark: string): string =>
      Array.from({ length: 5_000 }, (_, index) => `${mark}${index}`).join('\n');
    const begin = performance.now();
    expect(compareLines(lines('a'), lines('b'))).toHaveLength(5_000);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  it('leaves out what is the same, far from what differs', () => {
    const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const after = before.map((line, index) => (index === 20 ? 'other' : line));
    const parts = folded(compareLines(before.join('\n'), after.join('\n')), 2);
    expect(parts.map((part) => ('left' in part ? part.left : part.rows.length))).toEqual([18, 5, 17]);
  });
});

function longestCommon(one: string[], other: string[]): number {
  const table = Array.from({ length: one.length + 1 }, () => Array<number>(other.length + 1).fill(0));
  one.forEach((line, i) => {
    other.forEach((against, j) => {
      const best =
        line === against
          ? (table[i]?.[j] ?? 0) + 1
          : Math.max(table[i]?.[j + 1] ?? 0, table[i + 1]?.[j] ?? 0);
      (table[i + 1] ?? [])[j + 1] = best;
    });
  });
  return table.at(-1)?.at(-1) ?? 0;
}
