/** Where an arrow key leads from a node of the drawing: along edges, beside, into a frame and out of it. */

import type { NodeKey } from './definition';
import type { Graph, GraphEdge, GraphNode } from './graph';
import type { Direction, Layout, Point } from './layout/measure';

export type Arrow = 'ArrowRight' | 'ArrowLeft' | 'ArrowDown' | 'ArrowUp';

/** What an arrow means where the way leads to the right; downwards the axes change places. */
const ALONG: Record<Direction, Record<Arrow, 'on' | 'back' | 'after' | 'before'>> = {
  right: { ArrowRight: 'on', ArrowLeft: 'back', ArrowDown: 'after', ArrowUp: 'before' },
  down: { ArrowDown: 'on', ArrowUp: 'back', ArrowRight: 'after', ArrowLeft: 'before' },
};

export function isArrow(key: string): key is Arrow {
  return key in ALONG.right;
}

/** The node that an arrow leads to; null where it leads nowhere. Without a node it leads to the first one. */
export function neighbour(
  graph: Graph,
  layout: Layout,
  direction: Direction,
  from: NodeKey | null,
  arrow: Arrow,
): NodeKey | null {
  const node = graph.nodes.find((each) => each.key === from);
  if (!node) return (graph.nodes.find((each) => each.kind === 'entry') ?? graph.nodes[0])?.key ?? null;
  const way = ALONG[direction][arrow];
  if (way === 'on' || way === 'back') return along(graph, node, way);
  if (way === 'before') return beside(graph, layout, direction, node, -1) ?? node.parent;
  return firstInside(graph, node) ?? beside(graph, layout, direction, node, 1);
}

function firstInside(graph: Graph, node: GraphNode): NodeKey | null {
  const inner = node.kind === 'loop' ? graph.nodes.filter((each) => each.parent === node.key) : [];
  return (inner.find((each) => each.starts) ?? inner[0])?.key ?? null;
}

/** Along an edge, one that leads forward first; where there is none, out of the frame. */
function along(graph: Graph, node: GraphNode, way: 'on' | 'back'): NodeKey | null {
  const edges = graph.edges.filter((edge) => (way === 'on' ? edge.source : edge.target) === node.key);
  const edge = edges.find((each) => !each.back) ?? edges[0];
  const other = (each: GraphEdge): NodeKey => (way === 'on' ? each.target : each.source);
  return edge ? other(edge) : node.parent;
}

/** The nearest node of the same level beside another one, on one side. */
function beside(
  graph: Graph,
  layout: Layout,
  direction: Direction,
  node: GraphNode,
  sign: 1 | -1,
): NodeKey | null {
  const own = centre(layout, node.key, direction);
  let best: { key: NodeKey; far: number } | null = null;
  for (const other of graph.nodes) {
    if (other.parent !== node.parent || other.key === node.key) continue;
    const there = centre(layout, other.key, direction);
    if (!own || !there || sign * (there.y - own.y) < 1) continue;
    const far = Math.abs(there.y - own.y) + 2 * Math.abs(there.x - own.x);
    if (!best || far < best.far) best = { key: other.key, far };
  }
  return best?.key ?? null;
}

/** The middle of a node, with `x` along the way and `y` across. */
function centre(layout: Layout, key: NodeKey, direction: Direction): Point | null {
  const box = layout.boxes.get(key);
  if (!box) return null;
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return direction === 'right' ? middle : { x: middle.y, y: middle.x };
}
