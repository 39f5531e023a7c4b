/** The nodes of the drawing. */

import { Handle, type Node, type NodeProps, type Position } from '@xyflow/react';
import { type CSSProperties, type ReactNode, memo } from 'react';
import { useTranslation } from 'react-i18next';

import type { GraphNode } from '../../model/graph';
import { type Direction, type Side, portPlace } from '../../model/layout/measure';
import { type NodeLive, countsOf } from '../../model/live';
import { outsOf, positionsOf } from './build';
import { colourOf, signOf, summaryOf } from './kinds';

/** `faults`: how many there are; `lit`: what is looked at elsewhere reads it; `extra`: drawn below its summary. */
export type CanvasNode = Node<{
  drawn: GraphNode;
  live: NodeLive | null;
  direction: Direction;
  faults: number;
  lit: boolean;
  extra: ((node: GraphNode) => ReactNode) | null;
  editable: boolean;
}>;

/**
 * A port that nothing can be drawn from: a mark, which says what React Flow looks for where it measures a node anew.
 * Hundreds of real ones would each listen to every move of the drawing.
 */
function Port({ id, position, style, editable }: PortProps) {
  const type = id === 'in' ? 'target' : 'source';
  if (editable) {
    const title = id === 'then' || id === 'else' ? id : undefined;
    return <Handle id={id} type={type} position={position} style={style} title={title} />;
  }
  return (
    <span
      className={`react-flow__handle react-flow__handle-${position} ${type}`}
      style={style}
      data-handleid={id}
      data-handlepos={position}
    />
  );
}

interface PortProps {
  id: Side;
  position: Position;
  style: CSSProperties;
  editable: boolean;
}

function Ports({ drawn: { kind }, direction, editable }: CanvasNode['data']) {
  const [source, target] = positionsOf(direction);
  const place = (side: Side): CSSProperties => {
    const { x, y } = portPlace(kind, side, direction);
    return direction === 'right' ? { top: `${100 * y}%` } : { left: `${100 * x}%` };
  };
  return (
    <>
      {kind !== 'entry' && <Port id="in" position={target} style={{}} editable={editable} />}
      {outsOf(kind).map((side) => (
        <Port key={side} id={side} position={source} style={place(side)} editable={editable} />
      ))}
    </>
  );
}

function Badge({ live }: { live: NodeLive | null }) {
  const { t } = useTranslation();
  if (!live) return null;
  const counts = countsOf(live.instances.values());
  const many = live.instances.size > 1 ? ` ${counts.finished ?? 0}/${live.instances.size}` : '';
  return <span className={`state state-${live.state}`}>{t(`state.${live.state}`) + many}</span>;
}

function Faults({ count }: { count: number }) {
  const { t } = useTranslation();
  if (count === 0) return null;
  return (
    <span className="state state-error" role="img" aria-label={t('graph.faults', { count })}>
      ⚠ {count}
    </span>
  );
}

/** The classes that a node has whatever its type. */
function classesOf({ live, faults, lit }: CanvasNode['data'], selected: boolean): string {
  return [
    live ? `is-${live.state}` : '',
    selected ? 'is-selected' : '',
    faults ? 'is-faulty' : '',
    lit ? 'is-lit' : '',
  ].join(' ');
}

function Title({ drawn, live, faults }: CanvasNode['data']) {
  const { t } = useTranslation();
  return (
    <div className="node-title">
      <span aria-hidden className="node-sign" style={{ color: colourOf(drawn.kind) }}>
        {signOf(drawn.kind)}
      </span>
      <span className="node-id">{drawn.id || t('graph.noId')}</span>
      {drawn.starts && <span className="node-first">{t('graph.first')}</span>}
      <Faults count={faults} />
      <Badge live={live} />
    </div>
  );
}

function Step({ data, selected }: NodeProps<CanvasNode>) {
  const { drawn, extra } = data;
  return (
    <div
      className={`node node-${drawn.kind} ${classesOf(data, selected)}`}
      style={{ borderInlineStartColor: colourOf(drawn.kind) }}
      data-node={drawn.id}
    >
      <Title {...data} />
      <div className="node-summary" title={summaryOf(drawn)}>
        {summaryOf(drawn)}
      </div>
      {extra?.(drawn)}
      <Ports {...data} />
    </div>
  );
}

function Strip({ live }: { live: NodeLive }) {
  const states = [...live.items.values()];
  const counts = countsOf(states);
  const total = live.total ?? states.length;
  return (
    <span className="strip" role="img" aria-label={`${counts.finished ?? 0} / ${total}`}>
      {(['finished', 'running', 'error'] as const).map((state) => (
        <span key={state} className={`strip-${state}`} style={{ flexGrow: counts[state] ?? 0 }} />
      ))}
      <span style={{ flexGrow: Math.max(total - states.length, 0) }} />
    </span>
  );
}

function Frame({ data, selected }: NodeProps<CanvasNode>) {
  const { drawn, live, extra } = data;
  const { t } = useTranslation();
  return (
    <div className={`frame ${classesOf(data, selected)}`} data-node={drawn.id}>
      <div className="frame-head">
        <Title {...data} />
        <div className="node-summary">{t('graph.forEach', { items: summaryOf(drawn) || '?' })}</div>
        {extra?.(drawn)}
        {live && live.items.size > 0 && <Strip live={live} />}
      </div>
      <Ports {...data} />
    </div>
  );
}

function Mark({ data, selected }: NodeProps<CanvasNode>) {
  const { t } = useTranslation();
  const { drawn } = data;
  return (
    <div className={`mark mark-${drawn.kind} ${classesOf(data, selected)}`} data-node={drawn.id}>
      {drawn.kind === 'missing' ? t('graph.missing', { id: drawn.id }) : drawn.id}
      <Ports {...data} />
    </div>
  );
}

export const nodeTypes = { step: memo(Step), frame: memo(Frame), mark: memo(Mark) };
