/**
 * The layout of the first paint: one plain graph for each level, from the innermost outwards, which is right because
 * no edge leaves a loop's body. It takes milliseconds and knows nothing of corners: edges go straight.
 */

import dagre from '@dagrejs/dagre';

import type { NodeKey } from '../definition';
import { groupBy } from '../grouping';
import type { Graph, GraphEdge, GraphNode } from '../graph';
import {
  type Box,
  type Direction,
  extentOf,
  FRAME,
  GAP,
  type Layout,
  LEAST_FRAME,
  levelsOf,
  type Point,
  portPlace,
  type Size,
  sizeOf,
} from './measure';

/** How much larger a graph must be seen downwards, for that to be chosen: people read from left to right. */
const CLEARLY = 1.15;

interface Level {
  size: Size;
  boxes: Map<NodeKey, Box>;
  lines: Map<string, Point[]>;
}

/** A window changes its size more often than its graph changes; graphs and layouts are never changed in place. */
const known = new WeakMap<Graph, Map<Direction, Layout>>();

export function quickLayout(graph: Graph, direction: Direction): Layout {
  const of = known.get(graph) ?? new Map<Direction, Layout>();
  known.set(graph, of);
  const layout = of.get(direction) ?? computed(graph, direction);
  of.set(direction, layout);
  return layout;
}

function computed(graph: Graph, direction: Direction): Layout {
  const levels = levelsOf(graph);
  const byTarget = new Map(graph.nodes.map((node) => [node.key, node.parent]));
  const edges = groupBy(graph.edges, (edge) => byTarget.get(edge.source) ?? null);
  const done = new Map<NodeKey, Level>();
  const arrange = (level: NodeKey | null): Level => {
    const nodes = levels.get(level) ?? [];
    for (const node of nodes) if (node.kind === 'loop') done.set(node.key, arrange(node.key));
    return arrangeLevel(nodes, edges.get(level) ?? [], done, direction);
  };
  const root = arrange(null);
  const layout: Layout = { boxes: new Map(), lines: new Map(), labels: new Map() };
  place(root, { x: 0, y: 0 }, done, layout);
  return layout;
}

function frameSize(inner: Level | undefined): Size {
  return {
    width: Math.max((inner?.size.width ?? 0) + 2 * FRAME.side, LEAST_FRAME.width),
    height: Math.max((inner?.size.height ?? 0) + FRAME.top + FRAME.bottom, LEAST_FRAME.height),
  };
}

function arrangeLevel(
  nodes: GraphNode[],
  edges: GraphEdge[],
  inner: Map<NodeKey, Level>,
  direction: Direction,
): Level {
  const plain = new dagre.graphlib.Graph({ multigraph: true });
  plain.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', nodesep: GAP.beside, ranksep: GAP.along });
  plain.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) {
    plain.setNode(node.key, { ...(node.kind === 'loop' ? frameSize(inner.get(node.key)) : sizeOf(node)) });
  }
  for (const edge of edges) plain.setEdge(edge.source, edge.target, {}, edge.id);
  dagre.layout(plain);
  const boxes = new Map<NodeKey, Box>();
  for (const node of nodes) {
    const { x, y, width, height } = plain.node(node.key) as unknown as Box;
    boxes.set(node.key, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const ends = [...boxes.values()];
  const width = Math.max(0, ...ends.map((box) => box.x + box.width));
  const height = Math.max(0, ...ends.map((box) => box.y + box.height));
  return {
    size: { width, height },
    boxes,
    lines: new Map(edges.map((edge) => [edge.id, straight(edge, boxes, direction)])),
  };
}

function straight(edge: GraphEdge, boxes: Map<NodeKey, Box>, direction: Direction): Point[] {
  const [source, target] = [boxes.get(edge.source), boxes.get(edge.target)];
  if (!source || !target) return [];
  return [at(source, portPlace('node', 'next', direction)), at(target, portPlace('node', 'in', direction))];
}

function at(box: Box, place: Point): Point {
  return { x: box.x + box.width * place.x, y: box.y + box.height * place.y };
}

function place(level: Level, origin: Point, inner: Map<NodeKey, Level>, layout: Layout): void {
  for (const [key, box] of level.boxes) {
    const moved = { ...box, x: box.x + origin.x, y: box.y + origin.y };
    layout.boxes.set(key, moved);
    const body = inner.get(key);
    if (body) place(body, { x: moved.x + FRAME.side, y: moved.y + FRAME.top }, inner, layout);
  }
  for (const [id, line] of level.lines) {
    layout.lines.set(
      id,
      line.map((point) => ({ x: point.x + origin.x, y: point.y + origin.y })),
    );
  }
}

/** The direction in which a graph is seen larger in a window, with the quick layout for it. */
export function bestFit(graph: Graph, window: Size): { direction: Direction; layout: Layout } {
  const [right, down] = (['right', 'down'] as const).map((direction) => {
    const layout = quickLayout(graph, direction);
    const { width, height } = extentOf(layout);
    return { direction, layout, scale: Math.min(window.width / width, window.height / height, 1) };
  }) as [Fit, Fit];
  return down.scale > right.scale * CLEARLY ? down : right;
}

interface Fit {
  direction: Direction;
  layout: Layout;
  scale: number;
}
