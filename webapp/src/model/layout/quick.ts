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
  NODE_SIZE,
  levelsOf,
  type Point,
  portPlace,
  type Size,
  sizeOf,
} from './measure';

/** How much larger a graph must be seen downwards, for that to be chosen: people read from left to right. */
const CLEARLY = 1.15;

/** From so many nodes on one layout takes so long that it is noticed. */
const LARGE = 150;

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

/**
 * The direction in which a graph is seen larger in a window, with the quick layout for it. Of a large graph only one
 * layout is computed: the direction is then chosen by what its nodes would take in rows.
 */
export function bestFit(graph: Graph, window: Size): { direction: Direction; layout: Layout } {
  const scaleOf = ({ width, height }: Size): number =>
    Math.min(window.width / width, window.height / height, 1);
  const choose = (right: Size, down: Size): Direction =>
    scaleOf(down) > scaleOf(right) * CLEARLY ? 'down' : 'right';
  if (graph.nodes.length > LARGE) {
    const direction = choose(rowsOf(graph, 'right'), rowsOf(graph, 'down'));
    return { direction, layout: quickLayout(graph, direction) };
  }
  const [right, down] = [quickLayout(graph, 'right'), quickLayout(graph, 'down')];
  const direction = choose(extentOf(right), extentOf(down));
  return { direction, layout: direction === 'right' ? right : down };
}

/** What the outermost level would take if each node stood one row behind the last that leads to it. */
function rowsOf(graph: Graph, direction: Direction): Size {
  const nodes = graph.nodes.filter((node) => node.parent === null);
  const row = new Map(nodes.map((node) => [node.key, 0]));
  const edges = graph.edges.filter((edge) => !edge.back && row.has(edge.source));
  const out = groupBy(edges, (edge) => edge.source);
  const waits = new Map<NodeKey, number>();
  for (const { target } of edges) waits.set(target, (waits.get(target) ?? 0) + 1);
  const ready = nodes.map(({ key }) => key).filter((key) => !waits.has(key));
  for (let key = ready.pop(); key !== undefined; key = ready.pop()) {
    for (const { target } of out.get(key) ?? []) {
      row.set(target, Math.max(row.get(target) ?? 0, (row.get(key) ?? 0) + 1));
      const left = (waits.get(target) ?? 1) - 1;
      waits.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  const rows = groupBy([...row.values()], (number) => number);
  const most = Math.max(1, ...[...rows.values()].map((each) => each.length));
  const [along, beside] = [rows.size, most];
  return direction === 'right'
    ? { width: along * (NODE_SIZE.width + GAP.along), height: beside * (NODE_SIZE.height + GAP.beside) }
    : { width: beside * (NODE_SIZE.width + GAP.beside), height: along * (NODE_SIZE.height + GAP.along) };
}
