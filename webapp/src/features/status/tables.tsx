/** Stores, routes and services as tables. */

import { Alert, Anchor, Badge, ScrollArea, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { ready, services } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { type Sample, latencies } from '../../model/samples';
import type { Instance, Ready, Stats } from '../../model/wire';

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

function Head({ names, numbers = 0 }: { names: string[]; numbers?: number }) {
  return (
    <Table.Thead>
      <Table.Tr>
        {names.map((name, index) => (
          <Table.Th key={name} ta={index >= names.length - numbers ? 'right' : 'left'}>
            {name}
          </Table.Th>
        ))}
      </Table.Tr>
    </Table.Thead>
  );
}

function StoreRow({ name, state, told }: { name: string; state: string; told: Ready }) {
  const { t, i18n } = useTranslation();
  const away = told.away?.find((each) => each.store === name);
  const here = state === 'ready';
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td>
        <Badge color={here ? 'green.9' : 'red.9'}>{t(here ? 'status.ready' : 'status.away')}</Badge>
      </Table.Td>
      <Table.Td>
        {!here && state}{' '}
        {away?.since && t('status.since', { at: new Date(away.since).toLocaleString(i18n.language) })}
      </Table.Td>
    </Table.Tr>
  );
}

export function Stores() {
  const { t } = useTranslation();
  const { data, error } = useQuery(ready);
  return (
    <Part title={t('status.stores')}>
      {error && <ErrorView error={error} />}
      {data?.reason && <Alert color="orange">{data.reason}</Alert>}
      {data && (
        <Table maw={640}>
          <Table.Tbody>
            {Object.entries(data.stores).map(([name, state]) => (
              <StoreRow key={name} name={name} state={state} told={data} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Part>
  );
}

const NUMBERS = ['total', 'running', 'finished', 'failed'] as const;

/** Seconds as people read them: milliseconds below one. */
function useSeconds(): (seconds: number | null | undefined) => string {
  const { i18n } = useTranslation();
  return (seconds) => {
    if (seconds == null) return '–';
    const [value, unit] = seconds < 1 ? [seconds * 1_000, 'millisecond'] : [seconds, 'second'];
    return value.toLocaleString(i18n.language, { style: 'unit', unit, maximumSignificantDigits: 3 });
  };
}

export function Routes({ stats, last }: { stats: Stats; last: Sample | undefined }) {
  const { t, i18n } = useTranslation();
  const seconds = useSeconds();
  const times = new Map(latencies(last?.seconds ?? []).map((each) => [each.route, each]));
  const names = [
    t('status.route'),
    ...NUMBERS.map((name) => t(`status.${name}`)),
    t('status.p50'),
    t('status.p95'),
  ];
  const rows = Object.entries(stats.routes).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Part title={t('status.byRoute')}>
      <ScrollArea viewportProps={{ tabIndex: 0 }}>
        <Table aria-label={t('status.byRoute')} striped>
          <Head names={names} numbers={6} />
          <Table.Tbody>
            {rows.map(([route, jobs]) => (
              <Table.Tr key={route}>
                <Table.Th scope="row">
                  <Anchor href={`#/tasks?route=${encodeURIComponent(route)}`}>{route}</Anchor>
                </Table.Th>
                {NUMBERS.map((name) => (
                  <Table.Td key={name} ta="right">
                    {jobs[name].toLocaleString(i18n.language)}
                  </Table.Td>
                ))}
                <Table.Td ta="right">{seconds(times.get(route)?.p50)}</Table.Td>
                <Table.Td ta="right">{seconds(times.get(route)?.p95)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      <Text size="xs" c="dimmed">
        {t('status.latencySays')}
      </Text>
    </Part>
  );
}

const BREAKERS = { closed: 'green.9', 'half-open': 'orange.9', open: 'red.9' } as const;

function InstanceRow({ route, instance }: { route: string; instance: Instance }) {
  const { t } = useTranslation();
  const { url, alive, calls, breaker, failures, retry_in: again } = instance;
  return (
    <Table.Tr>
      <Table.Th scope="row">{route}</Table.Th>
      <Table.Td>{url}</Table.Td>
      <Table.Td>
        <Badge color={alive ? 'green.9' : 'red.9'}>{t(alive ? 'catalogue.alive' : 'catalogue.away')}</Badge>
      </Table.Td>
      <Table.Td>
        <Badge color={BREAKERS[breaker]}>{t(`status.breaker.${breaker}`)}</Badge>{' '}
        {again !== null && t('status.again', { seconds: Math.ceil(again) })}
      </Table.Td>
      <Table.Td ta="right">{failures}</Table.Td>
      <Table.Td ta="right">{calls}</Table.Td>
    </Table.Tr>
  );
}

export function Services() {
  const { t } = useTranslation();
  const { data, error } = useQuery(services);
  const rows = (data ?? [])
    .filter((each) => each.type === 'service')
    .flatMap(({ state }) => (state.instances ?? []).map((instance) => ({ route: state.route, instance })));
  const heads = ['service', 'url', 'presence', 'breakerName', 'failures', 'calls'] as const;
  return (
    <Part title={t('status.services')}>
      {error && <ErrorView error={error} />}
      {data && rows.length === 0 && <Alert color="gray">{t('status.noService')}</Alert>}
      {rows.length > 0 && (
        <ScrollArea viewportProps={{ tabIndex: 0 }}>
          <Table aria-label={t('status.services')} striped>
            <Head names={heads.map((name) => t(`status.${name}`))} numbers={2} />
            <Table.Tbody>
              {rows.map(({ route, instance }) => (
                <InstanceRow key={`${route} ${instance.url}`} route={route} instance={instance} />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
    </Part>
  );
}
