/** The nodes of the drawing. */

import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { type ReactNode, memo } from 'react';
import { useTranslation } from 'react-i18next';

import type { GraphNode } from '../../model/graph';
import { type Direction, type Side, portPlace } from '../../model/layout/measure';
import { type NodeLive, countsOf } from '../../model/live';
import { colourOf, signOf, summaryOf } from './kinds';

export type CanvasNode = Node<{
  drawn: GraphNode;
  live: NodeLive | null;
  direction: Direction;
  extra: ReactNode;
}>;

function Ports({ kind, direction }: { kind: GraphNode['kind']; direction: Direction }) {
  const outs: Side[] = kind === 'branch' ? ['then', 'else'] : ['next'];
  const right = direction === 'right';
  const place = (side: Side): { top: string } | { left: string } => {
    const { x, y } = portPlace(kind, side, direction);
    return right ? { top: `${100 * y}%` } : { left: `${100 * x}%` };
  };
  return (
    <>
      {kind !== 'entry' && (
        <Handle type="target" position={right ? Position.Left : Position.Top} id="in" isConnectable={false} />
      )}
      {!['end', 'loopEnd', 'missing'].includes(kind) &&
        outs.map((side) => (
          <Handle
            key={side}
            type="source"
            position={right ? Position.Right : Position.Bottom}
            id={side}
            style={place(side)}
            isConnectable={false}
          />
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

function Title({ drawn, live }: { drawn: GraphNode; live: NodeLive | null }) {
  const { t } = useTranslation();
  return (
    <div className="node-title">
      <span aria-hidden className="node-sign" style={{ color: colourOf(drawn.kind) }}>
        {signOf(drawn.kind)}
      </span>
      <span className="node-id">{drawn.id || t('graph.noId')}</span>
      {drawn.starts && <span className="node-first">{t('graph.first')}</span>}
      <Badge live={live} />
    </div>
  );
}

function Step({ data, selected }: NodeProps<CanvasNode>) {
  const { drawn, live } = data;
  const classes = [
    'node',
    `node-${drawn.kind}`,
    live ? `is-${live.state}` : '',
    selected ? 'is-selected' : '',
  ];
  return (
    <div className={classes.join(' ')} style={{ borderInlineStartColor: colourOf(drawn.kind) }}>
      <Title drawn={drawn} live={live} />
      <div className="node-summary" title={summaryOf(drawn)}>
        {summaryOf(drawn)}
      </div>
      {data.extra}
      <Ports kind={drawn.kind} direction={data.direction} />
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
  const { drawn, live } = data;
  const { t } = useTranslation();
  return (
    <div className={`frame ${live ? `is-${live.state}` : ''} ${selected ? 'is-selected' : ''}`}>
      <div className="frame-head">
        <Title drawn={drawn} live={live} />
        <div className="node-summary">{t('graph.forEach', { items: summaryOf(drawn) || '?' })}</div>
        {live && live.items.size > 0 && <Strip live={live} />}
        {data.extra}
      </div>
      <Ports kind="loop" direction={data.direction} />
    </div>
  );
}

function Mark({ data }: NodeProps<CanvasNode>) {
  const { t } = useTranslation();
  const { drawn } = data;
  return (
    <div className={`mark mark-${drawn.kind}`}>
      {drawn.kind === 'missing' ? t('graph.missing', { id: drawn.id }) : drawn.id}
      <Ports kind={drawn.kind} direction={data.direction} />
    </div>
  );
}

export const nodeTypes = { step: memo(Step), frame: memo(Frame), mark: memo(Mark) };
