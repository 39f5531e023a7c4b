import ElkConstructor, { type ELK } from 'elkjs/lib/elk.bundled';
import { describe, expect, it } from 'vitest';

import type { Definition } from '../../src/model/definition';
import { type Graph, graphOf } from '../../src/model/graph';
import { elkLayout } from '../../src/model/layout/elk';
import {
  type Box,
  type Direction,
  type Layout,
  crossings,
  labelSize,
  shortLabel,
} from '../../src/model/layout/measure';
import { bestFit, quickLayout } from '../../src/model/layout/quick';
import { NESTED, SHIPPED, pipeline } from './pipelines';

const elk: ELK = new ElkConstructor();
const DIRECTIONS: Direction[] = ['right', 'down'];
const ALL = DIRECTIONS.flatMap((direction) =>
  [...SHIPPED, ['three levels', NESTED] as [string, Definition]].map(
    ([name, definition]) => [name, direction, definition] as const,
  ),
);

const chain = (count: number): Definition =>
  pipeline(
    ...Array.from({ length: count }, (_, at) => ({
      id: `n${at}`,
      next: at + 1 < count ? [`n${at + 1}`] : [],
    })),
  );

const inside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const apart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

const box = (layout: Layout, key: string): Box => {
  const found = layout.boxes.get(key);
  if (!found) throw new Error(`${key} has no place`);
  return found;
};

function wellPlaced(graph: Graph, layout: Layout): void {
  for (const node of graph.nodes) {
    if (node.parent !== null) {
      expect(inside(box(layout, node.key), box(layout, node.parent)), `${node.id} lies in its frame`).toBe(
        true,
      );
    }
    for (const other of graph.nodes) {
      if (other.parent === node.parent && other.key > node.key) {
        expect(apart(box(layout, node.key), box(layout, other.key)), `${node.id} and ${other.id}`).toBe(true);
      }
    }
  }
}

describe.each(ALL)('%s %s', (_, direction, definition) => {
  const graph = graphOf(definition);

  it('has a first layout in which nothing overlaps', () => {
    wellPlaced(graph, quickLayout(graph, direction));
  });

  it('has a layout in which no edge crosses a node that it does not belong to', async () => {
    const layout = await elkLayout(graph, elk, direction);
    wellPlaced(graph, layout);
    expect(graph.edges.every((edge) => (layout.lines.get(edge.id)?.length ?? 0) >= 2)).toBe(true);
    expect(crossings(graph, layout)).toEqual([]);
  });

  it('has a place for every label, and none lies on another or on a node', async () => {
    const layout = await elkLayout(graph, elk, direction);
    const labels = graph.edges
      .filter((edge) => edge.label)
      .map((edge) => ({ ...(layout.labels.get(edge.id) ?? { x: NaN, y: NaN }), ...labelSize(edge.label) }));
    const steps = graph.nodes.filter((node) => node.kind !== 'loop').map((node) => box(layout, node.key));
    labels.forEach((label, index) => {
      expect([...labels.slice(index + 1), ...steps].every((other) => apart(label, other))).toBe(true);
    });
  });

  it('has edges that begin and end where their nodes are', async () => {
    const layout = await elkLayout(graph, elk, direction);
    const [along, across, length, breadth] =
      direction === 'right'
        ? (['x', 'y', 'width', 'height'] as const)
        : (['y', 'x', 'height', 'width'] as const);
    for (const edge of graph.edges) {
      const line = layout.lines.get(edge.id) ?? [];
      const [from, to] = [box(layout, edge.source), box(layout, edge.target)];
      expect(line[0]?.[along]).toBeCloseTo(from[along] + from[length], 0);
      expect(line.at(-1)?.[along]).toBeCloseTo(to[along], 0);
      expect(line.at(-1)?.[across]).toBeGreaterThanOrEqual(to[across]);
      expect(line.at(-1)?.[across]).toBeLessThanOrEqual(to[across] + to[breadth]);
    }
  });
});

it('draws downwards where a graph is seen clearly larger so', () => {
  expect(bestFit(graphOf(chain(6)), { width: 1_200, height: 500 }).direction).toBe('right');
  expect(bestFit(graphOf(chain(6)), { width: 370, height: 700 }).direction).toBe('down');
  expect(bestFit(graphOf(chain(2)), { width: 370, height: 700 }).direction).toBe('down');
  expect(bestFit(graphOf(pipeline()), { width: 370, height: 700 }).direction).toBe('right');
});

it('finds an edge that crosses a node', () => {
  const graph = graphOf(pipeline({ id: 'a', next: ['c'] }, { id: 'b' }, { id: 'c' }));
  const boxes = new Map(
    graph.nodes.map((node, at) => [node.key, { x: at * 100, y: 0, width: 50, height: 50 }] as const),
  );
  const straight = {
    boxes,
    labels: new Map(),
    lines: new Map([
      [
        graph.edges[0]?.id ?? '',
        [
          { x: 50, y: 25 },
          { x: 200, y: 25 },
        ],
      ],
    ]),
  };
  expect(crossings(graph, straight)).toEqual([{ edge: graph.edges[0]?.id, node: '/nodes/1' }]);
  const above = {
    boxes,
    labels: new Map(),
    lines: new Map([
      [
        graph.edges[0]?.id ?? '',
        [
          { x: 50, y: 0 },
          { x: 200, y: 0 },
        ],
      ],
    ]),
  };
  expect(crossings(graph, above)).toEqual([]);
});

it('draws a thousand nodes in a row at once', () => {
  expect(quickLayout(graphOf(chain(1_000)), 'right').boxes.size).toBe(1_000);
});

it('cuts a label that is too long', () => {
  expect(shortLabel("input['x']\n  == 3")).toBe("input['x'] == 3");
  expect(shortLabel('x'.repeat(40))).toBe(`${'x'.repeat(27)}…`);
});
