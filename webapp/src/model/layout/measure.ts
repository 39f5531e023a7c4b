/** Places and sizes: what a layout takes and gives, in pixels. */

import type { Graph, GraphNode } from '../graph';
import type { NodeKey } from '../definition';
import { groupBy } from '../grouping';

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Where a node lies; `x` and `y` are its left upper corner in the coordinates of the whole drawing. */
export interface Box extends Size, Point {}

/**
 * Every node's box, every edge's corners from its source to its target, and where the label of an edge begins, where
 * there is a place for it.
 */
export interface Layout {
  boxes: Map<NodeKey, Box>;
  lines: Map<string, Point[]>;
  labels: Map<string, Point>;
}

/** Where a task's way leads in the drawing. */
export type Direction = 'right' | 'down';

/** The port of a node that edges of a kind leave from, or by which they come in. */
export type Side = 'in' | 'next' | 'then' | 'else';

export const NODE_SIZE: Size = { width: 200, height: 64 };
const MARK_SIZE: Size = { width: 88, height: 32 };

/** Space inside a frame: above for its title, around for edges. */
export const FRAME = { top: 56, side: 24, bottom: 24 };

/** The least size of a frame: its title must be readable. */
export const LEAST_FRAME: Size = { width: 240, height: 120 };

export const GAP = { beside: 40, along: 72 };

/** Widest label of an edge that is given room, in characters; longer ones are cut. */
export const LABEL_CHARACTERS = 28;
const CHARACTER = 6.6;

export function sizeOf(node: GraphNode): Size {
  return node.kind === 'loopEnd' || node.kind === 'missing' ? MARK_SIZE : NODE_SIZE;
}

/** Where on a node's border a port lies, as shares of its width and height. */
export function portPlace(kind: GraphNode['kind'], side: Side, direction: Direction): Point {
  const across = kind !== 'branch' || side === 'in' || side === 'next' ? 0.5 : side === 'then' ? 0.3 : 0.7;
  const along = side === 'in' ? 0 : 1;
  return direction === 'right' ? { x: along, y: across } : { x: across, y: along };
}

/** Width and height of a whole drawing. */
export function extentOf(layout: Layout): Size {
  const boxes = [...layout.boxes.values()];
  return {
    width: Math.max(1, ...boxes.map((box) => box.x + box.width)),
    height: Math.max(1, ...boxes.map((box) => box.y + box.height)),
  };
}

/** What is written on an edge, cut to what there is room for. */
export function shortLabel(label: string): string {
  const line = label.replace(/\s+/g, ' ').trim();
  return line.length > LABEL_CHARACTERS ? `${line.slice(0, LABEL_CHARACTERS - 1)}…` : line;
}

export function labelSize(label: string): Size {
  return { width: Math.ceil(shortLabel(label).length * CHARACTER) + 12, height: 18 };
}

/** The nodes of each level; a frame stands in its own level and its body in the level of its key. */
export function levelsOf(graph: Graph): Map<NodeKey | null, GraphNode[]> {
  return groupBy(graph.nodes, (node) => node.parent);
}

/** Whether an edge passes through a box that is neither its source or target nor a frame around one of these. */
export function crossings(graph: Graph, layout: Layout): { edge: string; node: NodeKey }[] {
  const parents = new Map(graph.nodes.map((node) => [node.key, node.parent]));
  const found: { edge: string; node: NodeKey }[] = [];
  for (const edge of graph.edges) {
    const own = new Set<NodeKey>([...around(edge.source, parents), ...around(edge.target, parents)]);
    const line = layout.lines.get(edge.id) ?? [];
    for (const node of graph.nodes) {
      const box = layout.boxes.get(node.key);
      if (box && !own.has(node.key) && passes(line, box)) found.push({ edge: edge.id, node: node.key });
    }
  }
  return found;
}

function around(key: NodeKey, parents: Map<NodeKey, NodeKey | null>): NodeKey[] {
  const chain = [key];
  for (let up = parents.get(key); up != null; up = parents.get(up)) chain.push(up);
  return chain;
}

/** Whether a line passes through a box, not only along its border. */
export function passes(line: Point[], box: Box): boolean {
  return line.slice(1).some((end, index) => cuts(line[index] ?? end, end, box));
}

/** Whether a segment has a point inside a box, not only on its border (Liang and Barsky's clipping, 1984). */
function cuts(a: Point, b: Point, box: Box): boolean {
  const inset = 0.5;
  let from = 0;
  let to = 1;
  const clip = (delta: number, distance: number): boolean => {
    if (delta === 0) return distance > 0;
    const share = distance / delta;
    if (delta < 0) from = Math.max(from, share);
    else to = Math.min(to, share);
    return from < to;
  };
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  return (
    clip(-dx, a.x - box.x - inset) &&
    clip(dx, box.x + box.width - inset - a.x) &&
    clip(-dy, a.y - box.y - inset) &&
    clip(dy, box.y + box.height - inset - a.y)
  );
}
