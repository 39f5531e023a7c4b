/**
 * The layout that stays: ELK's layered one, with bodies inside their loops and edges with corners of their own, which
 * go around what they do not belong to. The worker that computes it is given by the caller.
 */

import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';

import type { NodeKey } from '../definition';
import type { Graph, GraphEdge, GraphNode } from '../graph';
import { groupBy } from '../grouping';
import {
  type Direction,
  FRAME,
  GAP,
  labelSize,
  type Layout,
  LEAST_FRAME,
  levelsOf,
  type Point,
  portPlace,
  shortLabel,
  type Side,
  sizeOf,
} from './measure';

const OPTIONS = {
  'elk.algorithm': 'layered',
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
/** On which borders of a node edges come in and leave. */
const BORDERS = { right: { in: 'WEST', out: 'EAST' }, down: { in: 'NORTH', out: 'SOUTH' } } as const;
const PORTS = { 'elk.portConstraints': 'FIXED_POS' };

function port(key: NodeKey, side: Side): string {
  return `${key}|${side}`;
}

export function elkGraph(graph: Graph, direction: Direction): ElkNode {
  const levels = levelsOf(graph);
  const parents = new Map(graph.nodes.map((node) => [node.key, node.parent]));
  const edges = groupBy(graph.edges, (edge) => parents.get(edge.source) ?? null);
  const built = (node: GraphNode): ElkNode => {
    if (node.kind === 'loop') return frame(node, levels, edges, built, direction);
    return { id: node.key, ...sizeOf(node), layoutOptions: PORTS, ports: portsOf(node, direction) };
  };
  const children = (levels.get(null) ?? []).map(built);
  return {
    id: 'root',
    layoutOptions: { ...OPTIONS, 'elk.direction': direction.toUpperCase() },
    children,
    edges: (edges.get(null) ?? []).map(elkEdge),
  };
}

function frame(
  node: GraphNode,
  levels: Map<NodeKey | null, GraphNode[]>,
  edges: Map<NodeKey | null, GraphEdge[]>,
  built: (node: GraphNode) => ElkNode,
  direction: Direction,
): ElkNode {
  return {
    id: node.key,
    layoutOptions: { ...FRAME_OPTIONS, 'elk.portConstraints': 'FIXED_SIDE' },
    ports: [
      {
        id: port(node.key, 'in'),
        width: 0,
        height: 0,
        layoutOptions: { 'elk.port.side': BORDERS[direction].in },
      },
      {
        id: port(node.key, 'next'),
        width: 0,
        height: 0,
        layoutOptions: { 'elk.port.side': BORDERS[direction].out },
      },
    ],
    children: (levels.get(node.key) ?? []).map(built),
    edges: (edges.get(node.key) ?? []).map(elkEdge),
  };
}

function portsOf(node: GraphNode, direction: Direction): NonNullable<ElkNode['ports']> {
  const { width, height } = sizeOf(node);
  const sides: Side[] = node.kind === 'branch' ? ['in', 'then', 'else'] : ['in', 'next'];
  return sides.map((side) => {
    const place = portPlace(node.kind, side, direction);
    const border = side === 'in' ? BORDERS[direction].in : BORDERS[direction].out;
    return {
      id: port(node.key, side),
      x: width * place.x,
      y: height * place.y,
      width: 0,
      height: 0,
      layoutOptions: { 'elk.port.side': border },
    };
  });
}

function elkEdge(edge: GraphEdge): ElkExtendedEdge {
  const text = shortLabel(edge.label);
  const labels = text ? [{ id: `${edge.id}|label`, text, ...labelSize(edge.label) }] : [];
  return { id: edge.id, sources: [port(edge.source, edge.kind)], targets: [port(edge.target, 'in')], labels };
}

/** Lay out a graph. Rejects where the worker does. */
export async function elkLayout(graph: Graph, elk: ELK, direction: Direction): Promise<Layout> {
  const root = await elk.layout(elkGraph(graph, direction));
  const layout: Layout = { boxes: new Map(), lines: new Map(), labels: new Map() };
  read(root, { x: 0, y: 0 }, layout);
  return layout;
}

function read(node: ElkNode, origin: Point, layout: Layout): void {
  for (const child of node.children ?? []) {
    const { x, y, width, height } = { x: 0, y: 0, width: 0, height: 0, ...child };
    const corner = { x: origin.x + x, y: origin.y + y };
    layout.boxes.set(child.id, { ...corner, width, height });
    read(child, corner, layout);
  }
  for (const edge of node.edges ?? []) readEdge(edge, layout);
}

function readEdge({ id, sections, labels }: ElkExtendedEdge, layout: Layout): void {
  const section = sections?.[0];
  const label = labels?.[0];
  if (section) layout.lines.set(id, [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
  if (label) layout.labels.set(id, { x: label.x ?? 0, y: label.y ?? 0 });
}
