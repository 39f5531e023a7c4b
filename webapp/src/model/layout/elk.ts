/**
 * The layout that stays: ELK's layered one, with bodies inside their loops and edges with corners of their own, which
 * go around what they do not belong to. The worker that computes it is given by the caller.
 */

import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';

import type { NodeKey } from '../definition';
import type { Graph, GraphEdge, GraphNode } from '../graph';
import { groupBy } from '../grouping';
import {
  FRAME,
  GAP,
  LEAST_FRAME,
  type Layout,
  type Point,
  labelSize,
  levelsOf,
  shortLabel,
  sizeOf,
} from './measure';

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': String(GAP.along),
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.spacing.nodeNode': String(GAP.beside),
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
};
const FRAME_OPTIONS = {
  'elk.padding': `[top=${FRAME.top},left=${FRAME.side},bottom=${FRAME.bottom},right=${FRAME.side}]`,
  'elk.nodeSize.constraints': 'MINIMUM_SIZE',
  'elk.nodeSize.minimum': `(${LEAST_FRAME.width},${LEAST_FRAME.height})`,
};
const PORTS = { 'elk.portConstraints': 'FIXED_POS' };

/** The port of a node that edges of a kind leave from, or by which they come in. */
export type Side = 'in' | 'next' | 'then' | 'else';

/** Where a port lies: the share of the node's height at which edges come in or leave. */
export function portHeight(kind: GraphNode['kind'], side: Side): number {
  if (kind !== 'branch' || side === 'in' || side === 'next') return 0.5;
  return side === 'then' ? 0.3 : 0.7;
}

function port(key: NodeKey, side: Side): string {
  return `${key}|${side}`;
}

export function elkGraph(graph: Graph): ElkNode {
  const levels = levelsOf(graph);
  const parents = new Map(graph.nodes.map((node) => [node.key, node.parent]));
  const edges = groupBy(graph.edges, (edge) => parents.get(edge.source) ?? null);
  const built = (node: GraphNode): ElkNode => {
    if (node.kind === 'loop') return frame(node, levels, edges, built);
    return { id: node.key, ...sizeOf(node), layoutOptions: PORTS, ports: portsOf(node) };
  };
  const children = (levels.get(null) ?? []).map(built);
  return { id: 'root', layoutOptions: OPTIONS, children, edges: (edges.get(null) ?? []).map(elkEdge) };
}

function frame(
  node: GraphNode,
  levels: Map<NodeKey | null, GraphNode[]>,
  edges: Map<NodeKey | null, GraphEdge[]>,
  built: (node: GraphNode) => ElkNode,
): ElkNode {
  return {
    id: node.key,
    layoutOptions: { ...FRAME_OPTIONS, 'elk.portConstraints': 'FIXED_SIDE' },
    ports: [
      { id: port(node.key, 'in'), width: 0, height: 0, layoutOptions: { 'elk.port.side': 'WEST' } },
      { id: port(node.key, 'next'), width: 0, height: 0, layoutOptions: { 'elk.port.side': 'EAST' } },
    ],
    children: (levels.get(node.key) ?? []).map(built),
    edges: (edges.get(node.key) ?? []).map(elkEdge),
  };
}

function portsOf(node: GraphNode): NonNullable<ElkNode['ports']> {
  const { width, height } = sizeOf(node);
  const sides: Side[] = node.kind === 'branch' ? ['in', 'then', 'else'] : ['in', 'next'];
  return sides.map((side) => ({
    id: port(node.key, side),
    x: side === 'in' ? 0 : width,
    y: height * portHeight(node.kind, side),
    width: 0,
    height: 0,
    layoutOptions: { 'elk.port.side': side === 'in' ? 'WEST' : 'EAST' },
  }));
}

function elkEdge(edge: GraphEdge): ElkExtendedEdge {
  const text = shortLabel(edge.label);
  const labels = text ? [{ id: `${edge.id}|label`, text, ...labelSize(edge.label) }] : [];
  return { id: edge.id, sources: [port(edge.source, edge.kind)], targets: [port(edge.target, 'in')], labels };
}

/** Lay out a graph. Rejects where the worker does. */
export async function elkLayout(graph: Graph, elk: ELK): Promise<Layout> {
  const root = await elk.layout(elkGraph(graph));
  const layout: Layout = { boxes: new Map(), lines: new Map() };
  read(root, { x: 0, y: 0 }, layout);
  return layout;
}

function read(node: ElkNode, origin: Point, layout: Layout): void {
  for (const child of node.children ?? []) {
    const corner = { x: origin.x + (child.x ?? 0), y: origin.y + (child.y ?? 0) };
    layout.boxes.set(child.id, { ...corner, width: child.width ?? 0, height: child.height ?? 0 });
    read(child, corner, layout);
  }
  for (const edge of node.edges ?? []) {
    const section = edge.sections?.[0];
    if (section)
      layout.lines.set(edge.id, [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
  }
}
