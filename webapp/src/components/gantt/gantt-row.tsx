/** One row of the chart. */

import { type CSSProperties, type MouseEvent, memo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Row, Segment } from '../../model/timeline';
import { StateBadge } from '../state-badge';
import { useRowText } from './row-text';

export interface GanttRowProps {
  row: Row;
  place: number;
  top: number;
  length: number;
  isCritical: boolean;
  isSelected: boolean;
  isFirst: boolean;
  onSelect: (instance: string) => void;
  onToggle: (key: string) => void;
  /** The row is pointed at, or (with its place) has the focus. */
  onTell: (place: number | null) => void;
}

function styleOf({ from, to }: { from: number; to: number }, length: number): CSSProperties {
  return { left: `${(100 * from) / length}%`, width: `${(100 * (to - from)) / length}%` };
}

function criticalStyle({ from, to }: Row, length: number): CSSProperties {
  const { left, width } = styleOf({ from: from ?? 0, to: to ?? 0 }, length);
  return { '--critical-from': left, '--critical-width': width } as CSSProperties;
}

export function Bar({ segment, length }: { segment: Segment; length: number }) {
  return <span className={`gantt-bar gantt-${segment.kind}`} style={styleOf(segment, length)} />;
}

function Name({ row, isCritical, onToggle }: Pick<GanttRowProps, 'row' | 'isCritical' | 'onToggle'>) {
  const { t } = useTranslation();
  const toggle = (event: MouseEvent): void => {
    if (!row.expandable) return;
    event.stopPropagation();
    onToggle(row.key);
  };
  return (
    <span role="gridcell" className="gantt-name" style={{ paddingInlineStart: 4 + 14 * row.depth }}>
      <span className="gantt-turn" aria-hidden onClick={toggle}>
        {row.expandable ? (row.expanded ? '▾' : '▸') : ''}
      </span>
      <span>
        {row.count > 1 ? t('debug.gantt.times', { label: row.label, count: row.count }) : row.label}
      </span>
      {isCritical && (
        <span className="gantt-star" aria-hidden title={t('debug.gantt.critical')}>
          ★
        </span>
      )}
      {row.state !== 'finished' && <StateBadge state={row.state} />}
    </span>
  );
}

function Plain({ row, place, top, length, isCritical, isSelected, isFirst, ...on }: GanttRowProps) {
  const textOf = useRowText();
  const classes = [
    'gantt-row',
    isCritical ? 'is-critical' : '',
    isSelected ? 'is-selected' : '',
    row.kind === 'node' && row.failed > 0 ? 'is-failed' : '',
  ];
  return (
    <div
      role="row"
      className={classes.join(' ')}
      style={{ top, ...(isCritical ? criticalStyle(row, length) : {}) }}
      tabIndex={isFirst ? 0 : -1}
      aria-level={row.depth + 1}
      aria-rowindex={place + 1}
      aria-selected={isSelected}
      aria-label={textOf(row, isCritical)}
      {...(row.expandable ? { 'aria-expanded': row.expanded } : {})}
      onClick={() => {
        on.onSelect(row.instance);
      }}
      onFocus={() => {
        on.onTell(place);
      }}
      onMouseEnter={() => {
        on.onTell(null);
      }}
    >
      <Name row={row} isCritical={isCritical} onToggle={on.onToggle} />
      <span role="gridcell" className="gantt-track" aria-hidden>
        {row.segments.map((segment, at) => (
          <Bar key={at} segment={segment} length={length} />
        ))}
      </span>
    </div>
  );
}

export const GanttRow = memo(Plain);
