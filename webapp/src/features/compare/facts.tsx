/** What the two tasks are. */

import './compare.css';

import { ScrollArea, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { taskDefinition } from '../../api/rawtask';
import { StateBadge } from '../../components/state-badge';
import { tookOf } from '../../model/compare';
import type { Known } from '../../model/rawtask';
import { durationText } from '../../model/timeline';
import { Change } from './change';

export interface PairProps {
  a: Known;
  b: Known;
}

interface FactProps {
  name: string;
  shown: [ReactNode, ReactNode];
  differs: boolean;
}

function Fact({ name, shown, differs }: FactProps) {
  return (
    <Table.Tr className={differs ? 'differs' : ''}>
      <Table.Th scope="row">
        {differs && <span aria-hidden>≠ </span>}
        {name}
      </Table.Th>
      <Table.Td>{shown[0]}</Table.Td>
      <Table.Td>{shown[1]}</Table.Td>
    </Table.Tr>
  );
}

function useVersion(task: Known): string {
  const { t } = useTranslation();
  const { data } = useQuery(taskDefinition(task.raw.id));
  return data?.version === 0 ? t('compare.ownVersion') : String(data?.version ?? task.raw.version);
}

export function Facts({ a, b }: PairProps) {
  const { t, i18n } = useTranslation();
  const versions: [string, string] = [useVersion(a), useVersion(b)];
  const [one, other] = [tookOf(a), tookOf(b)];
  const created = (task: Known): string => new Date(task.raw.created).toLocaleString(i18n.language);
  const link = ({ raw }: Known) => (
    <Link to="/tasks/$id" params={{ id: raw.id }}>
      {raw.id.slice(0, 12)}
    </Link>
  );
  const time = (took: number | null): string => (took === null ? t('compare.running') : durationText(took));
  const second = (
    <>
      {time(other)} <Change before={one} after={other} />
    </>
  );
  const fact = (name: string, first: string, last: string) => (
    <Fact name={name} shown={[first, last]} differs={first !== last} />
  );
  const states: [ReactNode, ReactNode] = [
    <StateBadge key="a" state={a.raw.status} />,
    <StateBadge key="b" state={b.raw.status} />,
  ];
  return (
    <ScrollArea>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="20%">{t('compare.fact')}</Table.Th>
            <Table.Th w="40%">{link(a)}</Table.Th>
            <Table.Th w="40%">{link(b)}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {fact(t('compare.route'), a.raw.route, b.raw.route)}
          {fact(t('compare.version'), ...versions)}
          <Fact name={t('compare.state')} shown={states} differs={a.raw.status !== b.raw.status} />
          <Fact name={t('compare.created')} shown={[created(a), created(b)]} differs={false} />
          <Fact name={t('compare.took')} shown={[time(one), second]} differs={false} />
          {(a.raw.message ?? b.raw.message) !== null &&
            fact(t('compare.failure'), a.raw.message ?? '', b.raw.message ?? '')}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
