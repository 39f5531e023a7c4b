/** When the nodes of a task worked, as bars or as a table, and the path that decided how long it took. */

import { Button, Group, SegmentedControl, Stack } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Gantt } from '../../components/gantt/gantt';
import { GanttTable } from '../../components/gantt/gantt-table';
import { criticalPath } from '../../model/critical';
import { idOf } from '../../model/definition';
import type { Known } from '../../model/rawtask';
import { type SegmentKind, timelineOf } from '../../model/timeline';
import { CriticalPath } from './critical-path';

interface TimelineTabProps {
  task: Known;
  selected: string | null;
  onSelect: (instance: string) => void;
}

const KINDS: SegmentKind[] = ['work', 'call', 'failed', 'waiting', 'earlier'];

function Legend() {
  const { t } = useTranslation();
  return (
    <div className="gantt-legend" role="group" aria-label={t('debug.gantt.legend')}>
      {KINDS.map((kind) => (
        <span key={kind}>
          <span className={`gantt-bar gantt-${kind}`} />
          {t(`debug.gantt.${kind}`)}
        </span>
      ))}
      <span>
        <span className="gantt-star" aria-hidden>
          ★
        </span>
        {t('debug.gantt.critical')}
      </span>
    </div>
  );
}

/** The keys of all rows that can be opened without showing single instances. */
function loopsOf(task: Known): string[] {
  const loops = [...task.nodes.values()].filter(({ node }) => node['type'] === 'loop');
  return loops.flatMap(({ node }) => [`=${idOf(node)}`, `*${idOf(node)}`]);
}

function useTimeline(task: Known) {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const timeline = useMemo(() => timelineOf(task, expanded, task.readAt), [task, expanded]);
  const path = useMemo(() => criticalPath(task, task.readAt), [task]);
  const critical = useMemo(() => new Set(path.flatMap((step) => [step.instance, step.nodeId])), [path]);
  const onToggle = (key: string): void => {
    setExpanded((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  return { expanded, setExpanded, path, rows: { timeline, critical, onToggle } };
}

export function TimelineTab({ task, selected, onSelect }: TimelineTabProps) {
  const { t } = useTranslation();
  const [form, setForm] = useState('asBars');
  const { expanded, setExpanded, path, rows } = useTimeline(task);
  const loops = useMemo(() => loopsOf(task), [task]);
  const shared = { ...rows, onSelect };
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label={t('debug.gantt.label')}
          value={form}
          onChange={setForm}
          data={(['asBars', 'asTable'] as const).map((value) => ({
            value,
            label: t(`debug.gantt.${value}`),
          }))}
        />
        {loops.length > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              setExpanded(new Set(expanded.size > 0 ? [] : loops));
            }}
          >
            {t(expanded.size > 0 ? 'debug.gantt.closeAll' : 'debug.gantt.open')}
          </Button>
        )}
      </Group>
      {form === 'asBars' ? (
        <>
          <Gantt {...shared} selected={selected} />
          <Legend />
        </>
      ) : (
        <GanttTable {...shared} />
      )}
      <CriticalPath path={path} length={rows.timeline.length} onSelect={onSelect} />
    </Stack>
  );
}
