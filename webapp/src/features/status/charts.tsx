/** The engine over time, as charts and as tables. */

import { Card, NativeSelect, SimpleGrid, Skeleton, Table, Text, Title } from '@mantine/core';
import { type ReactNode, Suspense, lazy, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Lines, type Sample, endedLines, latencyLines, runningLine } from '../../model/samples';

const TimePlot = lazy(async () => ({ default: (await import('./plot')).TimePlot }));

/** A line needs two points: around a single one the axis of time would span days. */
const LEAST = 2;

/** Moments that the table shows. */
const ROWS = 15;

function AsTable({ lines, names, title }: { lines: Lines; names: string[]; title: string }) {
  const { t, i18n } = useTranslation();
  const number = (value: number | null | undefined): string =>
    value?.toLocaleString(i18n.language, { maximumSignificantDigits: 4 }) ?? '–';
  const moments = lines.at
    .map((at, index) => ({ at, index }))
    .slice(-ROWS)
    .reverse();
  return (
    <details>
      <summary>{t('status.asTable')}</summary>
      <Table aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('status.time')}</Table.Th>
            {names.map((name) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {moments.map(({ at, index }) => (
            <Table.Tr key={at}>
              <Table.Td>{new Date(at * 1_000).toLocaleTimeString(i18n.language)}</Table.Td>
              {lines.values.map((values, line) => (
                <Table.Td key={names[line]} ta="right">
                  {number(values[index])}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </details>
  );
}

interface ChartProps {
  title: string;
  lines: Lines;
  names: string[];
  least: number;
  /** By which it is chosen what is drawn. */
  children?: ReactNode;
}

function Chart({ title, lines, names, least, children }: ChartProps) {
  const { t, i18n } = useTranslation();
  return (
    <Card withBorder component="figure" m={0} padding="sm">
      <Text component="figcaption" fw={600} size="sm">
        {title}
      </Text>
      {children}
      {lines.at.length < LEAST ? (
        <Text size="sm" c="dimmed" mih={190} pt="md">
          {t('status.noSample')}
        </Text>
      ) : (
        <>
          <div role="img" aria-label={t('status.chart', { title })}>
            <Suspense fallback={<Skeleton h={190} />}>
              <TimePlot lines={lines} names={names} language={i18n.language} least={least} />
            </Suspense>
          </div>
          <AsTable lines={lines} names={names} title={title} />
        </>
      )}
    </Card>
  );
}

function LatencyChart({ samples }: { samples: readonly Sample[] }) {
  const { t } = useTranslation();
  const routes = useMemo(() => {
    const seen = samples.at(-1)?.seconds.map(([route]) => route) ?? [];
    return seen.sort((a, b) => a.localeCompare(b));
  }, [samples]);
  const [chosen, choose] = useState('');
  const route = routes.includes(chosen) ? chosen : (routes[0] ?? '');
  const lines = useMemo(() => latencyLines(samples, route), [samples, route]);
  if (!route) return null;
  return (
    <Chart
      title={t('status.latencyOf', { route })}
      lines={lines}
      names={[t('status.p50'), t('status.p95')]}
      least={0.01}
    >
      <NativeSelect
        mt={4}
        size="xs"
        aria-label={t('status.latencyRoute')}
        value={route}
        data={routes}
        onChange={(event) => {
          choose(event.currentTarget.value);
        }}
      />
    </Chart>
  );
}

export function Charts({ samples }: { samples: readonly Sample[] }) {
  const { t } = useTranslation();
  const running = useMemo(() => runningLine(samples), [samples]);
  const ended = useMemo(() => endedLines(samples), [samples]);
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('status.overTime')}
      </Title>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
        <Chart title={t('status.runningTasks')} lines={running} names={[t('status.running')]} least={1} />
        <Chart
          title={t('status.endedTasks')}
          lines={ended}
          names={[t('status.finishedRate'), t('status.failedRate')]}
          least={0.5}
        />
        <LatencyChart samples={samples} />
      </SimpleGrid>
    </section>
  );
}
