/** How the engine is: its tasks, its stores, its services. */

import { Alert, Card, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { ready, stats } from '../../api/queries';
import { ErrorView } from '../../components/error-view';

const NUMBERS = ['total', 'running', 'finished', 'failed'] as const;

function Stores() {
  const { t } = useTranslation();
  const { data, error } = useQuery(ready);
  if (error) return <ErrorView error={error} />;
  if (!data) return null;
  if (!data.stores) return <Alert color="orange">{data.detail ?? data.status}</Alert>;
  return (
    <Table>
      <Table.Tbody>
        {Object.entries(data.stores).map(([name, state]) => (
          <Table.Tr key={name}>
            <Table.Th>{name}</Table.Th>
            <Table.Td>{state === 'ready' ? t('status.ready') : JSON.stringify(state)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function StatusView() {
  const { t, i18n } = useTranslation();
  const { data, error, refetch } = useQuery(stats);
  const number = (value: number): string => value.toLocaleString(i18n.language);
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('status.title')}
      </Title>
      {error && <ErrorView error={error} again={() => void refetch()} />}
      {data && (
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          {NUMBERS.map((name) => (
            <Card withBorder key={name}>
              <Text size="sm" c="dimmed">
                {t(`status.${name}`)}
              </Text>
              <Text size="xl" fw={700} data-testid={`jobs-${name}`}>
                {number(data.jobs[name])}
              </Text>
            </Card>
          ))}
        </SimpleGrid>
      )}
      <Title order={2} size="h4">
        {t('status.stores')}
      </Title>
      <Stores />
      <Title order={2} size="h4">
        {t('status.byRoute')}
      </Title>
      <Table maw={520}>
        <Table.Tbody>
          {Object.entries(data?.services ?? {}).map(([route, count]) => (
            <Table.Tr key={route}>
              <Table.Th>{route}</Table.Th>
              <Table.Td ta="right">{number(count)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
