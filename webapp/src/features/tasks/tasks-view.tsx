/** The list of tasks, newest first. What is filtered stands in the address. */

import {
  Button,
  Checkbox,
  Group,
  NativeSelect,
  ScrollArea,
  Stack,
  Table,
  Text,
  Title,
  Alert,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type TaskFilter, services, tasks } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { StateBadge } from '../../components/state-badge';
import type { TaskRow } from '../../model/wire';
import { secondsBetween } from '../../model/words';

const STATES = ['running', 'finished', 'error'] as const;

/** The tasks that are chosen to be compared, two at most: the first goes when a third comes. */
interface Choice {
  chosen: string[];
  onChoose: (chosen: string[]) => void;
}

function Row({ row, chosen, onChoose }: Choice & { row: TaskRow }) {
  const { t, i18n } = useTranslation();
  const { jobId } = row;
  return (
    <Table.Tr>
      <Table.Td visibleFrom="sm">
        <Checkbox
          aria-label={t('tasks.chooseOf', { id: jobId.slice(0, 12) })}
          checked={chosen.includes(jobId)}
          onChange={(event) => {
            const others = chosen.filter((each) => each !== jobId);
            onChoose(event.currentTarget.checked ? [...others.slice(-1), jobId] : others);
          }}
        />
      </Table.Td>
      <Table.Td>
        <Link to="/tasks/$id" params={{ id: row.jobId }} className="name">
          {row.jobId.slice(0, 12)}
        </Link>
      </Table.Td>
      <Table.Td>{row.route}</Table.Td>
      <Table.Td>
        <StateBadge state={row.status} />
      </Table.Td>
      <Table.Td>{new Date(row.created).toLocaleString(i18n.language)}</Table.Td>
      <Table.Td ta="right">{secondsBetween(row.created, row.ended) ?? ''}</Table.Td>
    </Table.Tr>
  );
}

interface FilterProps {
  filter: TaskFilter;
  onFilter: (filter: TaskFilter) => void;
}

function Filters({ filter, onFilter }: FilterProps) {
  const { t } = useTranslation();
  const { data } = useQuery(services);
  const all = { value: '', label: t('tasks.all') };
  // A route that was closed meanwhile can still be asked for.
  const routes = new Set([
    ...(filter.route ? [filter.route] : []),
    ...(data ?? []).map((each) => each.state.route),
  ]);
  return (
    <Group>
      <NativeSelect
        label={t('tasks.route')}
        value={filter.route ?? ''}
        data={[all, ...routes]}
        onChange={(event) => {
          onFilter({ ...filter, cursor: undefined, route: event.currentTarget.value || undefined });
        }}
      />
      <NativeSelect
        label={t('tasks.status')}
        value={filter.status ?? ''}
        data={[all, ...STATES.map((value) => ({ value, label: t(`state.${value}`) }))]}
        onChange={(event) => {
          onFilter({ ...filter, cursor: undefined, status: event.currentTarget.value || undefined });
        }}
      />
    </Group>
  );
}

function Rows({ rows, ...choice }: Choice & { rows: TaskRow[] }) {
  const { t } = useTranslation();
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table striped highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th visibleFrom="sm">{t('tasks.choose')}</Table.Th>
            {(['id', 'route', 'status', 'created', 'seconds'] as const).map((name) => (
              <Table.Th key={name} ta={name === 'seconds' ? 'right' : 'left'}>
                {t(`tasks.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Row key={row.jobId} row={row} {...choice} />
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function Pages({ filter, onFilter, next }: FilterProps & { next: string | null }) {
  const { t } = useTranslation();
  const to = (cursor: string | undefined) => (): void => {
    onFilter({ ...filter, cursor });
  };
  return (
    <Group>
      {filter.cursor && (
        <Button variant="default" onClick={to(undefined)}>
          {t('tasks.newest')}
        </Button>
      )}
      {next && (
        <Button variant="default" onClick={to(next)}>
          {t('tasks.more')}
        </Button>
      )}
    </Group>
  );
}

/** `onCompare`: two tasks were chosen, the older one first. */
export interface TasksProps extends FilterProps {
  onCompare?: (a: string, b: string) => void;
}

function Compare({ chosen, onChoose, onCompare }: Choice & { onCompare: (a: string, b: string) => void }) {
  const { t } = useTranslation();
  const [a, b] = [...chosen].sort(); // ids begin with the time
  if (a === undefined) return null;
  return (
    <Group role="status">
      <Text size="sm">{t('tasks.chosen', { count: chosen.length })}</Text>
      {b !== undefined && (
        <Button
          onClick={() => {
            onCompare(a, b);
          }}
        >
          {t('tasks.compare')}
        </Button>
      )}
      <Button
        variant="default"
        onClick={() => {
          onChoose([]);
        }}
      >
        {t('tasks.unchoose')}
      </Button>
    </Group>
  );
}

/** Leads to the comparison by the address; ids are quoted there, for some of them could be numbers. */
function compareAt(a: string, b: string): void {
  const quoted = (id: string): string => encodeURIComponent(JSON.stringify(id));
  window.location.hash = `/compare?a=${quoted(a)}&b=${quoted(b)}`;
}

export function TasksView({ filter, onFilter, onCompare = compareAt }: TasksProps) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(tasks(filter));
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('tasks.title')}
      </Title>
      <Filters filter={filter} onFilter={onFilter} />
      {error && <ErrorView error={error} again={() => void refetch()} />}
      {data?.tasks.length === 0 && <Alert color="gray">{t('tasks.none')}</Alert>}
      <Compare chosen={chosen} onChoose={setChosen} onCompare={onCompare} />
      {data && data.tasks.length > 0 && <Rows rows={data.tasks} chosen={chosen} onChoose={setChosen} />}
      <Pages filter={filter} onFilter={onFilter} next={data?.next ?? null} />
    </Stack>
  );
}
