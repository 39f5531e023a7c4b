/** How the engine is: its tasks, its stores, its services, now and since this page was opened. */

import { Card, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { ErrorView } from '../../components/error-view';
import type { Stats } from '../../model/wire';
import { Charts } from './charts';
import { Routes, Services, Stores } from './tables';
import { useSamples } from './use-samples';

const NUMBERS = ['total', 'running', 'finished', 'failed'] as const;

function Numbers({ jobs }: { jobs: Stats['jobs'] }) {
  const { t, i18n } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      {NUMBERS.map((name) => (
        <Card withBorder key={name}>
          <Text size="sm" c="dimmed">
            {t(`status.${name}`)}
          </Text>
          <Text size="xl" fw={700} data-testid={`jobs-${name}`}>
            {jobs[name].toLocaleString(i18n.language)}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

export function StatusView() {
  const { t } = useTranslation();
  const { stats, samples, error, again } = useSamples();
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('status.title')}
      </Title>
      {error && <ErrorView error={error} again={again} />}
      {stats && <Numbers jobs={stats.jobs} />}
      <Charts samples={samples} />
      <Stores />
      {stats && <Routes stats={stats} last={samples.at(-1)} />}
      <Services />
    </Stack>
  );
}
