/** When the nodes of a task worked: bars over an axis of time, for the mouse and for the keyboard; only what is seen is drawn. */

import './gantt.css';

import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type UIEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Row, type Timeline, durationText, ticksOf } from '../../model/timeline';
import { GanttRow } from './gantt-row';
import { useRowText } from './row-text';

const HEIGHT = 28;

/** Rows beyond the window that are drawn too, so that scrolling shows no gaps. */
const BEYOND = 12;
const PER_TICK = 90;

/** The names take so much of the width. */
const NAMES = 240;

/** The list is never taller, in pixels. */
const TALLEST = 900;

export interface GanttProps {
  timeline: Timeline;
  /** Ids of instances that are on the critical path. */
  critical: ReadonlySet<string>;
  selected: string | null;
  onSelect: (instance: string) => void;
  onToggle: (key: string) => void;
}

type Step = { focus: number } | 'toggle' | 'select';

/** What a key does to the row that has the focus; null where nothing. */
function stepOf(key: string, at: number, rows: Row[]): Step | null {
  const row = rows[at];
  const last = rows.length - 1;
  const [down, up] = [{ focus: Math.min(at + 1, last) }, { focus: Math.max(at - 1, 0) }];
  const open = row?.expandable === true && row.expanded;
  const closed = row?.expandable === true && !row.expanded;
  const steps: Record<string, Step> = {
    ArrowDown: down,
    ArrowUp: up,
    Home: { focus: 0 },
    End: { focus: last },
    ArrowRight: closed ? 'toggle' : down,
    ArrowLeft: open ? 'toggle' : { focus: aboveOf(rows, at) },
    Enter: 'select',
    ' ': 'select',
  };
  return steps[key] ?? null;
}

/** The row that a row is a part of. */
function aboveOf(rows: Row[], at: number): number {
  const depth = rows[at]?.depth ?? 0;
  for (let each = at - 1; each >= 0; each -= 1) if ((rows[each]?.depth ?? 0) < depth) return each;
  return at;
}

function Axis({ length, width }: { length: number; width: number }) {
  return (
    <div className="gantt-axis" aria-hidden>
      <span />
      <span className="gantt-track" style={{ borderColor: 'transparent' }}>
        {ticksOf(length, width / PER_TICK).map((tick) => (
          <span key={tick} className="gantt-tick" style={{ left: `${(100 * tick) / length}%`, top: 5 }}>
            {durationText(tick)}
          </span>
        ))}
      </span>
    </div>
  );
}

/** The rows that are in the window of the scrolled list, and the one that has the focus or would get it. */
function useRows(rows: Row[], on: Pick<GanttProps, 'onSelect' | 'onToggle'>) {
  const scroll = useRef<HTMLDivElement>(null);
  const wanted = useRef(false);
  const [top, setTop] = useState(0);
  const [at, setAt] = useState(0);
  const focus = Math.min(at, Math.max(rows.length - 1, 0));
  const first = Math.max(Math.floor(top / HEIGHT) - BEYOND, 0);
  const last = Math.min(Math.ceil((top + TALLEST) / HEIGHT) + BEYOND, rows.length);
  useEffect(() => {
    const row = wanted.current && scroll.current?.querySelector<HTMLElement>('.gantt-row[tabindex="0"]');
    if (!row) return; // it is drawn when the list has been scrolled there
    wanted.current = false;
    row.focus({ preventScroll: true });
  });
  const go = (next: number): void => {
    const box = scroll.current;
    if (box) {
      const [from, to] = [next * HEIGHT, (next + 1) * HEIGHT];
      if (from < box.scrollTop) box.scrollTop = from;
      if (to > box.scrollTop + box.clientHeight) box.scrollTop = to - box.clientHeight;
      setTop(box.scrollTop);
    }
    wanted.current = true;
    setAt(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = stepOf(event.key, focus, rows);
    const row = rows[focus];
    if (step === null || !row) return;
    event.preventDefault();
    if (step === 'toggle') on.onToggle(row.key);
    else if (step === 'select') on.onSelect(row.instance);
    else go(step.focus);
  };
  const onScroll = (event: UIEvent<HTMLDivElement>): void => {
    setTop(event.currentTarget.scrollTop);
  };
  return { list: { ref: scroll, onKeyDown, onScroll }, first, last, focus, setFocus: setAt };
}

export function Gantt({ timeline, critical, selected, onSelect, onToggle }: GanttProps) {
  const { t } = useTranslation();
  const { rows, length } = timeline;
  const { ref: frame, width } = useElementSize();
  const { list, first, last, focus, setFocus } = useRows(rows, { onSelect, onToggle });
  const [told, setTold] = useState<string | null>(null);
  const textOf = useRowText();
  const shown = rows.find((row) => row.key === told);
  return (
    <div ref={frame}>
      <div className="gantt">
        <Axis length={length} width={Math.max(width - NAMES, 120)} />
        <div
          {...list}
          className="gantt-scroll"
          role="treegrid"
          aria-label={t('debug.gantt.label')}
          aria-rowcount={rows.length}
        >
          <div style={{ height: rows.length * HEIGHT }} role="presentation">
            {rows.slice(first, last).map((row, offset) => (
              <GanttRow
                key={row.key}
                row={row}
                place={first + offset}
                top={(first + offset) * HEIGHT}
                length={length}
                isCritical={critical.has(row.instance)}
                isSelected={row.instance === selected}
                isFirst={first + offset === focus}
                onSelect={onSelect}
                onToggle={onToggle}
                onTell={(place) => {
                  setTold(row.key);
                  if (place !== null) setFocus(place);
                }}
              />
            ))}
          </div>
        </div>
      </div>
      <div className="gantt-told">
        {shown ? textOf(shown, critical.has(shown.instance)) : t('debug.gantt.help')}
      </div>
    </div>
  );
}
