/** The list of tasks, newest first. What is filtered stands in the address. */

import { Button, Group, NativeSelect, ScrollArea, Stack, Table, Title, Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { type TaskFilter, services, tasks } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { StateBadge } from '../../components/state-badge';
import type { TaskRow } from '../../model/wire';
import { secondsBetween } from '../../model/words';

const STATES = ['running', 'finished', 'error'] as const;

function Row({ row }: { row: TaskRow }) {
  const { i18n } = useTranslation();
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/tasks/$id" params={{ id: row.jobId }}>
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

function Rows({ rows }: { rows: TaskRow[] }) {
  const { t } = useTranslation();
  return (
    <ScrollArea>
      <Table striped highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {(['id', 'route', 'status', 'created', 'seconds'] as const).map((name) => (
              <Table.Th key={name} ta={name === 'seconds' ? 'right' : 'left'}>
                {t(`tasks.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Row key={row.jobId} row={row} />
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

export function TasksView({ filter, onFilter }: FilterProps) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(tasks(filter));
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('tasks.title')}
      </Title>
      <Filters filter={filter} onFilter={onFilter} />
      {error && <ErrorView error={error} again={() => void refetch()} />}
      {data?.tasks.length === 0 && <Alert color="gray">{t('tasks.none')}</Alert>}
      {data && data.tasks.length > 0 && <Rows rows={data.tasks} />}
      <Pages filter={filter} onFilter={onFilter} next={data?.next ?? null} />
    </Stack>
  );
}
