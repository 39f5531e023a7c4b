/** The drawing of a pipeline, with the states of a task over it where there is one. */

import '@xyflow/react/dist/base.css';
import './canvas.css';

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Controls, MarkerType, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type ReactNode, useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { NodeKey } from '../../model/definition';
import type { Graph, GraphEdge, GraphNode } from '../../model/graph';
import type { Box } from '../../model/layout/measure';
import type { Live } from '../../model/live';
import { type CanvasEdge, edgeTypes } from './edges';
import { type CanvasNode, nodeTypes } from './nodes';
import { type Drawn, useLayout } from './use-layout';

export interface CanvasProps {
  graph: Graph;
  live?: Live | null;
  selected?: NodeKey | null;
  onSelect?: (key: NodeKey | null) => void;
  /** What is drawn on an edge beside its condition; keep it the same function as long as that is the same. */
  edgeExtra?: (edge: GraphEdge) => ReactNode;
  /** What is drawn below a node's summary; keep it the same function, too. */
  nodeExtra?: (node: GraphNode) => ReactNode;
}

const nothing = (): ReactNode => null;

function typeOf(kind: GraphNode['kind']): string {
  if (kind === 'loop') return 'frame';
  return kind === 'loopEnd' || kind === 'missing' ? 'mark' : 'step';
}

const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };

function nodesOf(
  graph: Graph,
  { layout, direction }: Drawn,
  live: Live | null,
  selected: NodeKey | null,
  extra: (node: GraphNode) => ReactNode,
): CanvasNode[] {
  return graph.nodes.map((drawn) => {
    const box = layout.boxes.get(drawn.key) ?? NOWHERE;
    const around = drawn.parent === null ? NOWHERE : (layout.boxes.get(drawn.parent) ?? NOWHERE);
    return {
      id: drawn.key,
      type: typeOf(drawn.kind),
      position: { x: box.x - around.x, y: box.y - around.y },
      width: box.width,
      height: box.height,
      selected: drawn.key === selected,
      data: { drawn, live: live?.nodes.get(drawn.id) ?? null, direction, extra: extra(drawn) },
      ...(drawn.parent === null ? {} : { parentId: drawn.parent, extent: 'parent' as const }),
    };
  });
}

function edgesOf(graph: Graph, { layout }: Drawn, extra: (edge: GraphEdge) => ReactNode): CanvasEdge[] {
  return graph.edges.map((edge) => ({
    id: edge.id,
    type: 'line',
    source: edge.source,
    target: edge.target,
    sourceHandle: edge.kind,
    targetHandle: 'in',
    zIndex: 1,
    markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 },
    data: {
      line: layout.lines.get(edge.id) ?? [],
      label: edge.label,
      at: layout.labels.get(edge.id) ?? null,
      back: edge.back,
      extra: extra(edge),
    },
  }));
}

function Drawing({
  graph,
  live = null,
  selected = null,
  onSelect,
  edgeExtra = nothing,
  nodeExtra = nothing,
}: CanvasProps) {
  const { t } = useTranslation();
  const scheme = useComputedColorScheme('light');
  const { ref, width, height } = useElementSize();
  const drawn = useLayout(graph, width || 1, height || 1);
  const flow = useReactFlow();
  const nodes = useMemo(
    () => nodesOf(graph, drawn, live, selected, nodeExtra),
    [graph, drawn, live, selected, nodeExtra],
  );
  const edges = useMemo(() => edgesOf(graph, drawn, edgeExtra), [graph, drawn, edgeExtra]);
  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView({ padding: 0.1, maxZoom: 1.1 }));
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [flow, drawn.layout]);
  return (
    <ReactFlow<CanvasNode, CanvasEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={scheme}
      minZoom={0.05}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      onlyRenderVisibleElements={graph.nodes.length > 150}
      onNodeClick={(_, node) => onSelect?.(node.id)}
      onPaneClick={() => onSelect?.(null)}
      aria-label={t('graph.label')}
      data-settled={drawn.settled}
      ref={ref}
      fitView
    >
      <Controls showInteractive={false} />
      <MiniMap pannable zoomable className="minimap" ariaLabel={t('graph.map')} />
    </ReactFlow>
  );
}

export function Canvas(props: CanvasProps) {
  return (
    <div className="canvas">
      <ReactFlowProvider>
        <Drawing {...props} />
      </ReactFlowProvider>
    </div>
  );
}
