/** What a drawing needs to be edited: what it tells, and how gestures of the mouse become that. */

import {
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
  type ReactFlowProps,
  useReactFlow,
} from '@xyflow/react';
import { type DragEvent, useCallback, useMemo, useState } from 'react';

import type { NodeKey } from '../../model/definition';
import type { Refusal } from '../../model/edit';
import type { EdgeKind, Graph, GraphEdge } from '../../model/graph';
import { FRAME, type Layout, NODE_SIZE, type Point } from '../../model/layout/measure';
import { type Arrangement, placeNames, placesOf } from '../../model/positions';
import type { CanvasEdge } from './edges';
import type { CanvasNode } from './nodes';
import type { Drawn } from './use-layout';

/** The type of what is dragged from a palette; its data is a text that the drawing hands on. */
export const DRAGGED = 'application/x-pipeline-node';

export interface Link {
  source: NodeKey;
  target: NodeKey;
  kind: EdgeKind;
}

/** Where something was let fall: the loop whose body it belongs to, and the place in its frame. */
export interface Dropped {
  level: NodeKey | null;
  at: Point;
  /** The drawing as it is. */
  arrangement: Arrangement;
}

export interface CanvasEditing {
  selection: ReadonlySet<NodeKey>;
  edge: string | null;
  arrangement: Arrangement | null;
  round: number;
  /** What is selected now; of nodes and edges those that are not named stay as they are. */
  onSelection: (change: { selection?: NodeKey[]; edge?: string | null }) => void;
  /** Why an edge cannot be, or cannot be in the place of another one. */
  refusal: (link: Link, instead: GraphEdge | null) => Refusal | null;
  onConnect: (link: Link, instead: GraphEdge | null) => void;
  onRefused: (refusal: Refusal) => void;
  onMove: (arrangement: Arrangement) => void;
  onDrop: (data: string, dropped: Dropped) => void;
}

type FlowProps = ReactFlowProps<CanvasNode, CanvasEdge>;

/** The nodes that are being dragged, with where they are; and what is to be done with changes that React Flow tells. */
export function useDragging(editing: CanvasEditing | null, graph: Graph, drawn: Drawn) {
  const [moving, setMoving] = useState<ReadonlyMap<NodeKey, Point> | null>(null);
  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      if (!editing) return;
      const moved = changes.flatMap((each) =>
        each.type === 'position' && each.dragging && each.position ? [[each.id, each.position] as const] : [],
      );
      if (moved.length) setMoving((before) => new Map([...(before ?? []), ...moved]));
      const chosen = selected(editing.selection, changes);
      const some = changes.some((each) => each.type === 'select' && each.selected);
      if (chosen) editing.onSelection({ selection: [...chosen], ...(some ? { edge: null } : {}) });
    },
    [editing],
  );
  const onNodeDragStop = useCallback(() => {
    if (editing && moving) {
      const places = placesOf(graph, drawn.layout);
      const names = placeNames(graph);
      const changed = [...moving].map(([key, at]) => [names.get(key) ?? '', rounded(at)] as const);
      editing.onMove({
        direction: drawn.direction,
        places: { ...places, ...Object.fromEntries(changed) },
      });
    }
    setMoving(null);
  }, [editing, moving, graph, drawn]);
  return { moving, onNodesChange, onNodeDragStop };
}

const rounded = ({ x, y }: Point): Point => ({ x: Math.round(x), y: Math.round(y) });

/** What is selected after changes; null where none of them is one of the selection. */
function selected(
  before: ReadonlySet<NodeKey>,
  changes: (NodeChange<CanvasNode> | EdgeChange<CanvasEdge>)[],
): Set<string> | null {
  const found = new Set(before);
  let changed = false;
  for (const each of changes) {
    if (each.type !== 'select') continue;
    changed = true;
    if (each.selected) found.add(each.id);
    else found.delete(each.id);
  }
  return changed ? found : null;
}

function linkOf({ source, target, sourceHandle }: Connection | CanvasEdge): Link {
  return { source, target, kind: (sourceHandle ?? 'next') as EdgeKind };
}

/** The link of a connection that was let go where no port took it; null where there is nothing to be linked. */
function linkAt(
  event: MouseEvent | TouchEvent,
  { isValid, fromNode, fromHandle, toNode, toHandle }: FinalConnectionState,
  instead: GraphEdge | null,
): Link | null {
  if (isValid === true || fromNode === null) return null;
  const from = fromNode.id;
  const other = toNode?.id ?? nodeUnder(event);
  if (other === null || (instead === null && other === from)) return null;
  if (fromHandle.type === 'source') return { source: from, target: other, kind: kindOf(fromHandle) };
  return { source: other, target: from, kind: instead?.kind ?? kindOf(toHandle) };
}

const kindOf = (handle: { id?: string | null } | null): EdgeKind => (handle?.id ?? 'next') as EdgeKind;

/** Connecting and reconnecting. A wrong connection is refused where it is let go, also over the middle of a node. */
export function useConnecting(editing: CanvasEditing | null, graph: Graph) {
  const [instead, setInstead] = useState<GraphEdge | null>(null);
  const handlers = useMemo(
    () => (editing ? connectingHandlers(editing, graph, instead, setInstead) : {}),
    [editing, graph, instead],
  );
  return { instead, handlers };
}

function connectingHandlers(
  editing: CanvasEditing,
  graph: Graph,
  instead: GraphEdge | null,
  setInstead: (edge: GraphEdge | null) => void,
): Partial<FlowProps> {
  const attempt = (link: Link | null, edge: GraphEdge | null): void => {
    const why = link && editing.refusal(link, edge);
    if (why) editing.onRefused(why);
    else if (link) editing.onConnect(link, edge);
  };
  const byId = (id: string): GraphEdge | null => graph.edges.find((edge) => edge.id === id) ?? null;
  return {
    isValidConnection: (link) => editing.refusal(linkOf(link), instead) === null,
    onConnect: (connection) => {
      attempt(linkOf(connection), null);
    },
    onConnectEnd: (event, state) => {
      if (!instead) attempt(linkAt(event, state, null), null);
    },
    onReconnectStart: (_, edge) => {
      setInstead(byId(edge.id));
    },
    onReconnect: (edge, connection) => {
      attempt(linkOf(connection), byId(edge.id));
    },
    onReconnectEnd: (event, edge, _, state) => {
      const old = byId(edge.id);
      attempt(linkAt(event, state, old), old);
      setInstead(null);
    },
    onEdgesChange: (changes) => {
      const found = selected(new Set(editing.edge === null ? [] : [editing.edge]), changes);
      const chosen = changes.find((each) => each.type === 'select' && each.selected);
      if (chosen?.type === 'select') editing.onSelection({ selection: [], edge: chosen.id });
      else if (found?.size === 0) editing.onSelection({ edge: null });
    },
  };
}

/** The node that the mouse is over; null where it is over none. */
function nodeUnder(event: MouseEvent | TouchEvent): NodeKey | null {
  const point = 'changedTouches' in event ? event.changedTouches[0] : event;
  const under = point && document.elementFromPoint(point.clientX, point.clientY);
  return under?.closest<HTMLElement>('.react-flow__node')?.dataset['id'] ?? null;
}

/** Letting something fall that was dragged from a palette; in a frame it belongs to the loop's body. */
export function useDropping(editing: CanvasEditing | null, graph: Graph, drawn: Drawn) {
  const flow = useReactFlow();
  if (!editing) return {};
  return {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    },
    onDrop: (event: DragEvent) => {
      const data = event.dataTransfer.getData(DRAGGED);
      if (!data) return;
      event.preventDefault();
      const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      const level = frameAt(graph, drawn.layout, point);
      const around = (level !== null && drawn.layout.boxes.get(level)) || { x: 0, y: 0 };
      const at = {
        x: Math.round(point.x - around.x - NODE_SIZE.width / 2),
        y: Math.round(point.y - around.y - NODE_SIZE.height / 2),
      };
      const inside = { x: Math.max(at.x, FRAME.side), y: Math.max(at.y, FRAME.top) };
      const arrangement = { direction: drawn.direction, places: placesOf(graph, drawn.layout) };
      editing.onDrop(data, { level, at: level === null ? at : inside, arrangement });
    },
  };
}

/** The innermost frame around a point. */
function frameAt(graph: Graph, { boxes }: Layout, { x, y }: Point): NodeKey | null {
  const found = graph.nodes.filter(({ key, kind }) => {
    const box = kind === 'loop' ? boxes.get(key) : undefined;
    return box && x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
  });
  return found.sort((a, b) => b.key.split('/').length - a.key.split('/').length)[0]?.key ?? null;
}
