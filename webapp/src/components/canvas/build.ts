/** What React Flow draws, from a graph and its layout; what has not changed stays the same object and is not drawn again. */

import { MarkerType, type NodeHandle, Position } from '@xyflow/react';
import type { ReactNode } from 'react';

import type { NodeKey } from '../../model/definition';
import type { Graph, GraphEdge, GraphNode } from '../../model/graph';
import { type Box, type Direction, type Side, portPlace } from '../../model/layout/measure';
import type { Live } from '../../model/live';
import type { CanvasEdge } from './edges';
import type { CanvasNode } from './nodes';
import type { Drawn } from './use-layout';

const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };

/** What is shown of nodes beside themselves. */
export interface Over {
  live: Live | null;
  selection: ReadonlySet<NodeKey>;
  faults: ReadonlyMap<NodeKey, number>;
  highlighted: ReadonlySet<NodeKey>;
  extra: ((node: GraphNode) => ReactNode) | null;
  editable: boolean;
}

function typeOf(kind: GraphNode['kind']): string {
  if (kind === 'loop') return 'frame';
  return kind === 'loopEnd' || kind === 'missing' ? 'mark' : 'step';
}

const PORT = 8;
const LAST: ReadonlySet<GraphNode['kind']> = new Set(['end', 'loopEnd', 'missing']);

/** The sides from which edges leave a kind of node. */
export function outsOf(kind: GraphNode['kind']): Exclude<Side, 'in'>[] {
  if (LAST.has(kind)) return [];
  return kind === 'branch' ? ['then', 'else'] : ['next'];
}

/** Where the ports are: to look for them in the page takes longer than all else when a large pipeline is opened. */
function handlesOf({ kind }: GraphNode, { width, height }: Box, direction: Direction): NodeHandle[] {
  const sides: Side[] = [...(kind === 'entry' ? [] : (['in'] as const)), ...outsOf(kind)];
  const [source, target] = positionsOf(direction);
  return sides.map((id) => {
    const place = portPlace(kind, id, direction);
    return {
      id,
      type: id === 'in' ? 'target' : 'source',
      position: id === 'in' ? target : source,
      x: place.x * width - PORT / 2,
      y: place.y * height - PORT / 2,
      width: PORT,
      height: PORT,
    };
  });
}

/** Where edges leave, and where they come in. */
export function positionsOf(direction: Direction): [Position, Position] {
  return direction === 'right' ? [Position.Right, Position.Left] : [Position.Bottom, Position.Top];
}

export function nodesOf(graph: Graph, { layout, direction }: Drawn, over: Over): CanvasNode[] {
  const [sourcePosition, targetPosition] = positionsOf(direction);
  return graph.nodes.map((drawn) => {
    const box = layout.boxes.get(drawn.key) ?? NOWHERE;
    const around = drawn.parent === null ? NOWHERE : (layout.boxes.get(drawn.parent) ?? NOWHERE);
    return {
      id: drawn.key,
      type: typeOf(drawn.kind),
      position: { x: box.x - around.x, y: box.y - around.y },
      width: box.width,
      height: box.height,
      // Said here, or each new node forgets where its ports are, and its edges are gone until it is measured again.
      measured: { width: box.width, height: box.height },
      // Where these change it is measured again.
      sourcePosition,
      targetPosition,
      handles: handlesOf(drawn, box, direction),
      selected: over.selection.has(drawn.key),
      draggable: over.editable && drawn.kind !== 'missing',
      data: {
        drawn,
        live: over.live?.nodes.get(drawn.id) ?? null,
        direction,
        faults: over.faults.get(drawn.key) ?? 0,
        lit: over.highlighted.has(drawn.key),
        extra: over.extra,
        editable: over.editable,
      },
      ...(drawn.parent === null ? {} : { parentId: drawn.parent }),
    };
  });
}

/** The new nodes, those that are drawn alike as the objects that they were. */
export function reused(before: CanvasNode[], after: CanvasNode[]): CanvasNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return after.map((node) => {
    const old = known.get(node.id);
    return old && alike(old, node) ? old : node;
  });
}

function alike(a: CanvasNode, b: CanvasNode): boolean {
  const [x, y] = [a.data, b.data];
  return (
    sameFields(a, b, ['type', 'width', 'height', 'selected', 'draggable', 'parentId']) &&
    sameFields(a.position, b.position, ['x', 'y']) &&
    sameFields(x, y, ['live', 'direction', 'faults', 'lit', 'extra', 'editable']) &&
    sameFields(x.drawn, y.drawn, ['id', 'kind', 'node', 'parent', 'starts'])
  );
}

function sameFields<T>(a: T, b: T, fields: (keyof T)[]): boolean {
  return fields.every((field) => a[field] === b[field]);
}

export function edgesOf(
  graph: Graph,
  { layout, direction }: Drawn,
  extra: (edge: GraphEdge) => ReactNode,
  editable: boolean,
): CanvasEdge[] {
  return graph.edges.map((edge) => ({
    id: edge.id,
    type: 'line',
    source: edge.source,
    target: edge.target,
    sourceHandle: edge.kind,
    targetHandle: 'in',
    zIndex: 1,
    markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 },
    selectable: editable,
    // Where an edge begins others begin, too: only one that is selected is taken hold of there.
    reconnectable: editable && 'target',
    data: {
      line: layout.lines.get(edge.id) ?? [],
      label: edge.label,
      at: layout.labels.get(edge.id) ?? null,
      back: edge.back,
      extra: extra(edge),
      direction,
    },
  }));
}

/** The edges while nodes are dragged: those of what moves follow the ends, without corners of their own. */
export function looseEdges(edges: CanvasEdge[], moved: ReadonlySet<NodeKey>): CanvasEdge[] {
  const moves = (key: NodeKey): boolean =>
    moved.has(key) || [...moved].some((each) => key.startsWith(`${each}/`));
  return edges.map((edge) =>
    edge.data && (moves(edge.source) || moves(edge.target))
      ? { ...edge, data: { ...edge.data, line: [], at: null } }
      : edge,
  );
}
