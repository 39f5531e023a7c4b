/** The same as the chart, as a table to be read. */

import { Button, ScrollArea, Table, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Row, type Timeline, durationText } from '../../model/timeline';
import { StateBadge } from '../state-badge';

const MOST_ROWS = 200;
const COLUMNS = ['node', 'state', 'start', 'took', 'waited', 'attempts', 'critical'] as const;

export interface GanttTableProps {
  timeline: Timeline;
  critical: ReadonlySet<string>;
  onSelect: (instance: string) => void;
  onToggle: (key: string) => void;
}

function Line({ row, critical, onSelect, onToggle }: Omit<GanttTableProps, 'timeline'> & { row: Row }) {
  const { t } = useTranslation();
  const label = row.count > 1 ? t('debug.gantt.times', { label: row.label, count: row.count }) : row.label;
  return (
    <Table.Tr>
      <Table.Th scope="row" pl={8 + 16 * row.depth} fw={500}>
        {row.expandable && (
          <UnstyledButton
            aria-expanded={row.expanded}
            aria-label={label}
            px={6}
            onClick={() => {
              onToggle(row.key);
            }}
          >
            {row.expanded ? '▾' : '▸'}
          </UnstyledButton>
        )}
        <UnstyledButton
          fz="inherit"
          td="underline"
          onClick={() => {
            onSelect(row.instance);
          }}
        >
          {label}
        </UnstyledButton>
      </Table.Th>
      <Table.Td>
        <StateBadge state={row.state} />
        {row.count > 1 && row.failed > 0 && (
          <> {t('debug.gantt.failedOf', { failed: row.failed, count: row.count })}</>
        )}
      </Table.Td>
      <Table.Td ta="right">{row.from === null ? '' : durationText(row.from)}</Table.Td>
      <Table.Td ta="right">{row.from === null ? '' : durationText(row.busy)}</Table.Td>
      <Table.Td ta="right">{row.waited > 0 ? durationText(row.waited) : ''}</Table.Td>
      <Table.Td ta="right">{row.attempts || ''}</Table.Td>
      <Table.Td>{critical.has(row.instance) ? t('debug.gantt.yes') : ''}</Table.Td>
    </Table.Tr>
  );
}

export function GanttTable({ timeline, ...rest }: GanttTableProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(MOST_ROWS);
  const { rows } = timeline;
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table fz="sm">
        <Table.Caption>{t('debug.gantt.label')}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map((name, at) => (
              <Table.Th key={name} ta={at > 1 && at < 6 ? 'right' : 'left'}>
                {t(`debug.gantt.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, shown).map((row) => (
            <Line key={row.key} row={row} {...rest} />
          ))}
        </Table.Tbody>
      </Table>
      {rows.length > shown && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            setShown(shown + MOST_ROWS);
          }}
        >
          {t('debug.value.more', { count: Math.min(MOST_ROWS, rows.length - shown) })}
        </Button>
      )}
    </ScrollArea>
  );
}
