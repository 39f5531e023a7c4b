/** The drawing of a pipeline, with the states of a task over it where there is one. */

import '@xyflow/react/dist/base.css';
import './canvas.css';

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStoreApi } from '@xyflow/react';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { NodeKey } from '../../model/definition';
import type { Graph, GraphEdge, GraphNode } from '../../model/graph';
import type { Point } from '../../model/layout/measure';
import type { Live } from '../../model/live';
import { isArrow, neighbour } from '../../model/neighbours';
import { edgesOf, looseEdges, nodesOf, reused } from './build';
import { ConnectionNote } from './connection-note';
import { type CanvasEdge, edgeTypes } from './edges';
import { type CanvasEditing, useConnecting, useDragging, useDropping } from './editing';
import { type CanvasNode, nodeTypes } from './nodes';
import { type Drawn, useLayout } from './use-layout';

export interface CanvasProps {
  graph: Graph;
  live?: Live | null;
  selected?: NodeKey | null;
  onSelect?: (key: NodeKey | null) => void;
  /** What is drawn on an edge beside its condition; keep it the same function as long as that is the same. */
  edgeExtra?: (edge: GraphEdge) => ReactNode;
  /** What is drawn below the summary of a node; keep it the same function as long as that is the same. */
  nodeExtra?: (node: GraphNode) => ReactNode;
  /** Nodes that what is looked at elsewhere reads. */
  highlighted?: ReadonlySet<NodeKey>;
  /** How many faults nodes have. */
  faults?: ReadonlyMap<NodeKey, number>;
  /** The drawing can be edited, and this is told. `selected` and `onSelect` are then those of `editing`. */
  editing?: CanvasEditing;
}

const nothing = (): ReactNode => null;
const NONE: ReadonlySet<NodeKey> = new Set();
const NO_FAULTS: ReadonlyMap<NodeKey, number> = new Map();
const ADDING = ['Shift', 'Control', 'Meta'];

/** The nodes as they are drawn, with those that are being dragged where they are; the same objects where nothing changed. */
function useNodes(props: CanvasProps, drawn: Drawn): CanvasNode[] {
  const { graph, live = null, selected = null, editing, nodeExtra } = props;
  const { highlighted = NONE, faults = NO_FAULTS } = props;
  const chosen = editing?.selection;
  const selection = useMemo(
    () => chosen ?? (selected === null ? NONE : new Set([selected])),
    [chosen, selected],
  );
  const editable = editing !== undefined;
  const fresh = useMemo(
    () => nodesOf(graph, drawn, { live, selection, faults, highlighted, extra: nodeExtra ?? null, editable }),
    [graph, drawn, live, selection, faults, highlighted, nodeExtra, editable],
  );
  const [kept, setKept] = useState({ fresh, nodes: fresh });
  if (kept.fresh === fresh) return kept.nodes;
  const nodes = reused(kept.nodes, fresh);
  setKept({ fresh, nodes });
  return nodes;
}

/** Show the whole drawing: whenever it is laid out anew, while it is edited only when that was asked for. */
function useFit(drawn: Drawn, round: number | null): void {
  const flow = useReactFlow();
  const reason = round === null ? drawn.layout : `${round} ${drawn.ready}`;
  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView({ padding: 0.1, maxZoom: 1.1 }));
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [flow, reason]);
}

/** Bring the selected node into sight, where it is out of it. */
function useInSight(key: NodeKey | null, { layout }: Drawn, width: number, height: number): void {
  const flow = useReactFlow();
  const box = key === null ? undefined : layout.boxes.get(key);
  const { x, y } = box ?? { x: 0, y: 0 };
  useEffect(() => {
    const found = key === null ? undefined : layout.boxes.get(key);
    if (!found) return;
    const view = flow.getViewport();
    const [left, top] = [found.x * view.zoom + view.x, found.y * view.zoom + view.y];
    if (left >= 0 && top >= 0 && left + 40 < width && top + 20 < height) return;
    const middle = {
      x: found.x + Math.min(found.width, 400) / 2,
      y: found.y + Math.min(found.height, 200) / 2,
    };
    void flow.setCenter(middle.x, middle.y, { zoom: view.zoom });
  }, [flow, key, x, y, width, height]); // eslint-disable-line react-hooks/exhaustive-deps -- only where that node lies
}

/** Arrows lead from the selected node to the next one; with Shift that is selected too. */
function useArrows(editing: CanvasEditing | null, graph: Graph, { layout, direction }: Drawn) {
  if (!editing) return undefined;
  return (event: KeyboardEvent) => {
    if (!isArrow(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const last = [...editing.selection].at(-1) ?? null;
    const next = neighbour(graph, layout, direction, last, event.key);
    if (next === null) return;
    const others = event.shiftKey ? [...editing.selection].filter((key) => key !== next) : [];
    editing.onSelection({ selection: [...others, next], edge: null });
  };
}

function useEdges(
  { graph, edgeExtra = nothing, editing }: CanvasProps,
  drawn: Drawn,
  moving: ReadonlySet<NodeKey> | null,
) {
  const editable = editing !== undefined;
  const edges = useMemo(
    () => edgesOf(graph, drawn, edgeExtra, editable),
    [graph, drawn, edgeExtra, editable],
  );
  const chosen = editing?.edge ?? null;
  return useMemo(() => {
    const loose = moving ? looseEdges(edges, moving) : edges;
    if (chosen === null) return loose;
    return loose.map((edge) =>
      edge.id === chosen ? { ...edge, selected: true, reconnectable: true } : edge,
    );
  }, [edges, moving, chosen]);
}

function withPlace(node: CanvasNode, position: Point | undefined): CanvasNode {
  return position ? { ...node, position } : node;
}

/** Which nodes are moved: the same set as long as these are the same. */
function useMoved(moving: ReadonlyMap<NodeKey, unknown> | null): ReadonlySet<NodeKey> | null {
  const keys = moving ? [...moving.keys()].join('\n') : null;
  return useMemo(() => (keys === null ? null : new Set(keys.split('\n'))), [keys]);
}

/** What React Flow lets people do with a drawing that is looked at only, and with one that is edited. */
function gestures(editing: CanvasEditing | null) {
  const edits = editing !== null;
  return {
    nodesDraggable: edits,
    nodesConnectable: edits,
    nodesFocusable: !edits,
    edgesReconnectable: edits,
    disableKeyboardA11y: edits,
    multiSelectionKeyCode: edits ? ADDING : null,
    selectionKeyCode: edits ? 'Shift' : null,
    elevateNodesOnSelect: !edits,
    ...(edits ? { tabIndex: 0, connectionRadius: 28, nodeDragThreshold: 3 } : {}),
  };
}

/**
 * While the drawing is pushed about it is one picture that is shifted, not painted anew for each frame. Zooming is left
 * alone: that picture would be blurred, and a new one is needed for each step anyway.
 */
function usePanning() {
  const store = useStoreApi();
  const mark = (panning: boolean): void => {
    store.getState().domNode?.toggleAttribute('data-panning', panning);
  };
  return {
    onMoveStart: (event: { type: string } | null) => {
      mark(event !== null && event.type !== 'wheel');
    },
    onMoveEnd: () => {
      mark(false);
    },
  };
}

function onlyOne(editing: CanvasEditing | null): NodeKey | null {
  return editing?.selection.size === 1 ? ([...editing.selection][0] ?? null) : null;
}

function Drawing(props: CanvasProps) {
  const { graph, onSelect } = props;
  const editing = props.editing ?? null;
  const { t } = useTranslation();
  const scheme = useComputedColorScheme('light');
  const { ref, width, height } = useElementSize();
  const drawn = useLayout(graph, { width, height }, editing);
  const still = useNodes(props, drawn);
  const { moving, ...dragging } = useDragging(editing, graph, drawn);
  const nodes = moving ? still.map((node) => withPlace(node, moving.get(node.id))) : still;
  const edges = useEdges(props, drawn, useMoved(moving));
  const connecting = useConnecting(editing, graph);
  useFit(drawn, editing ? editing.round : null);
  useInSight(onlyOne(editing), drawn, width, height);
  return (
    <ReactFlow<CanvasNode, CanvasEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={scheme}
      minZoom={0.05}
      edgesFocusable={false}
      deleteKeyCode={null}
      onlyRenderVisibleElements={graph.nodes.length > 150}
      {...gestures(editing)}
      {...(editing ? dragging : { onNodeClick: (_, node) => onSelect?.(node.id) })}
      {...connecting.handlers}
      {...usePanning()}
      {...useDropping(editing, graph, drawn)}
      onPaneClick={() => {
        if (editing) editing.onSelection({ selection: [], edge: null });
        else onSelect?.(null);
      }}
      onKeyDown={useArrows(editing, graph, drawn)}
      aria-label={t(editing ? 'graph.edit' : 'graph.label')}
      data-settled={drawn.settled}
      ref={ref}
      fitView
    >
      <Controls showInteractive={false} />
      <MiniMap pannable zoomable className="minimap" ariaLabel={t('graph.map')} />
      {editing && <ConnectionNote editing={editing} instead={connecting.instead} />}
    </ReactFlow>
  );
}

export function Canvas(props: CanvasProps) {
  return (
    <div className={props.editing ? 'canvas is-editable' : 'canvas'}>
      <ReactFlowProvider>
        <Drawing {...props} />
      </ReactFlowProvider>
    </div>
  );
}
