/** A layout from places that were chosen by hand; what has no place yet is put where there is room. */

import type { NodeKey } from '../definition';
import type { Graph, GraphEdge, GraphNode } from '../graph';
import { groupBy } from '../grouping';
import { type Places, placeNames } from '../positions';
import {
  type Box,
  type Direction,
  FRAME,
  GAP,
  type Layout,
  LEAST_FRAME,
  levelsOf,
  passes,
  type Point,
  portPlace,
  type Side,
  type Size,
  sizeOf,
} from './measure';
import { route } from './route';

/** A new node keeps at least so far from others, in pixels. */
const APART = 16;
const NEAR = 0.5;

interface Given {
  direction: Direction;
  places: Places;
  names: Map<NodeKey, string>;
  levels: Map<NodeKey | null, GraphNode[]>;
  into: Map<NodeKey, GraphEdge[]>;
  base: Layout | null;
}

/**
 * The layout in which every node lies in its place. `base`: a layout of the same graph, if there is one: its lines are kept
 * where both ends have moved alike, and levels of which nothing has a place lie as they do there.
 */
export function arrange(graph: Graph, direction: Direction, places: Places, base: Layout | null): Layout {
  const levels = levelsOf(graph);
  const into = groupBy(graph.edges, (edge) => edge.target);
  const given: Given = { direction, places, names: placeNames(graph), levels, into, base };
  const inner = new Map<NodeKey | null, Map<NodeKey, Box>>();
  arrangeLevel(null, given, inner);
  const layout: Layout = { boxes: new Map(), lines: new Map(), labels: new Map() };
  settle(null, { x: 0, y: 0 }, inner, layout);
  drawLines(graph, given, layout);
  return layout;
}

function arrangeLevel(
  level: NodeKey | null,
  given: Given,
  inner: Map<NodeKey | null, Map<NodeKey, Box>>,
): Size {
  const nodes = given.levels.get(level) ?? [];
  const sizes = new Map<NodeKey, Size>();
  for (const node of nodes) {
    sizes.set(node.key, node.kind === 'loop' ? arrangeLevel(node.key, given, inner) : sizeOf(node));
  }
  const boxes = new Map<NodeKey, Box>();
  const sized = (node: GraphNode): Size => sizes.get(node.key) ?? sizeOf(node);
  const none = nodes.every((node) => placeOf(node, given) === undefined);
  for (const node of nodes) {
    const at = none ? baseOf(node, given) : placeOf(node, given);
    if (at) boxes.set(node.key, { ...within(at, level), ...sized(node) });
  }
  for (const node of nodes) {
    if (boxes.has(node.key)) continue;
    boxes.set(node.key, { ...within(freePlace(node, sized(node), boxes, given), level), ...sized(node) });
  }
  inner.set(level, boxes);
  return frameAround([...boxes.values()]);
}

function placeOf(node: GraphNode, { places, names }: Given): Point | undefined {
  return places[names.get(node.key) ?? ''];
}

function baseOf(node: GraphNode, { base }: Given): Point | undefined {
  const box = base?.boxes.get(node.key);
  const around = node.parent === null ? { x: 0, y: 0 } : base?.boxes.get(node.parent);
  return box && around ? { x: box.x - around.x, y: box.y - around.y } : undefined;
}

/** In a frame nothing lies over its title or border. */
function within(at: Point, level: NodeKey | null): Point {
  return level === null ? at : { x: Math.max(at.x, FRAME.side), y: Math.max(at.y, FRAME.top) };
}

function frameAround(boxes: Box[]): Size {
  const width = Math.max(0, ...boxes.map((box) => box.x + box.width)) + FRAME.side;
  const height = Math.max(0, ...boxes.map((box) => box.y + box.height)) + FRAME.bottom;
  return { width: Math.max(width, LEAST_FRAME.width), height: Math.max(height, LEAST_FRAME.height) };
}

/** Behind what leads to a node, and beside what lies there; without such, below everything. */
function freePlace(node: GraphNode, size: Size, boxes: Map<NodeKey, Box>, given: Given): Point {
  const right = given.direction === 'right';
  const before = (given.into.get(node.key) ?? []).map((edge) => boxes.get(edge.source)).find(Boolean);
  const all = [...boxes.values()];
  let at: Point;
  if (before) {
    at = right
      ? { x: before.x + before.width + GAP.along, y: before.y }
      : { x: before.x, y: before.y + before.height + GAP.along };
  } else if (all.length === 0) {
    at = { x: 0, y: 0 };
  } else {
    at = {
      x: Math.min(...all.map((box) => box.x)),
      y: Math.max(...all.map((box) => box.y + box.height)) + GAP.beside,
    };
  }
  for (;;) {
    const hit = all.find((box) => overlaps({ ...at, ...size }, box));
    if (!hit) return at;
    at = right
      ? { x: at.x, y: hit.y + hit.height + GAP.beside }
      : { x: hit.x + hit.width + GAP.beside, y: at.y };
  }
}

function overlaps(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width + APART &&
    b.x < a.x + a.width + APART &&
    a.y < b.y + b.height + APART &&
    b.y < a.y + a.height + APART
  );
}

function settle(
  level: NodeKey | null,
  origin: Point,
  inner: Map<NodeKey | null, Map<NodeKey, Box>>,
  layout: Layout,
): void {
  for (const [key, box] of inner.get(level) ?? []) {
    const moved = { ...box, x: box.x + origin.x, y: box.y + origin.y };
    layout.boxes.set(key, moved);
    if (inner.has(key)) settle(key, moved, inner, layout);
  }
}

function drawLines(graph: Graph, given: Given, layout: Layout): void {
  const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
  for (const edge of graph.edges) {
    const [source, target] = [nodes.get(edge.source), nodes.get(edge.target)];
    if (!source || !target) continue;
    const others = (given.levels.get(source.parent) ?? [])
      .filter(({ key }) => key !== edge.source && key !== edge.target)
      .flatMap(({ key }) => layout.boxes.get(key) ?? []);
    const kept = keptLine(edge, given.base, layout, others);
    if (kept) {
      layout.lines.set(edge.id, kept.line);
      if (kept.label) layout.labels.set(edge.id, kept.label);
    } else {
      const line = newLine(edge, source, target, given.direction, layout, others);
      layout.lines.set(edge.id, line);
      const start = line[0];
      if (start && edge.label) layout.labels.set(edge.id, labelPlace(start, given.direction));
    }
  }
}

function labelPlace(start: Point, direction: Direction): Point {
  return direction === 'right' ? { x: start.x + 8, y: start.y - 20 } : { x: start.x + 6, y: start.y + 6 };
}

function keptLine(
  edge: GraphEdge,
  base: Layout | null,
  layout: Layout,
  others: Box[],
): { line: Point[]; label: Point | undefined } | null {
  const line = base?.lines.get(edge.id);
  const moves = [edge.source, edge.target].map((key) => moveOf(base?.boxes.get(key), layout.boxes.get(key)));
  const [from, to] = moves;
  if (!line?.length || !from || !to) return null;
  if (Math.abs(from.x - to.x) > NEAR || Math.abs(from.y - to.y) > NEAR) return null;
  const moved = line.map((point) => plus(point, from));
  if (others.some((box) => passes(moved, box))) return null;
  const label = base?.labels.get(edge.id);
  return { line: moved, label: label && plus(label, from) };
}

function moveOf(before: Box | undefined, after: Box | undefined): Point | null {
  if (!before || !after || before.width !== after.width || before.height !== after.height) return null;
  return { x: after.x - before.x, y: after.y - before.y };
}

function plus(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}

function newLine(
  edge: GraphEdge,
  source: GraphNode,
  target: GraphNode,
  direction: Direction,
  layout: Layout,
  others: Box[],
): Point[] {
  const [from, to] = [layout.boxes.get(source.key), layout.boxes.get(target.key)];
  if (!from || !to) return [];
  const start = portAt(from, source, edge.kind, direction);
  const end = portAt(to, target, 'in', direction);
  return route(start, end, direction, source.key === target.key ? [from] : [from, to], others);
}

function portAt(box: Box, node: GraphNode, side: Side, direction: Direction): Point {
  const share = portPlace(node.kind, side, direction);
  return { x: box.x + box.width * share.x, y: box.y + box.height * share.y };
}
