/** The nodes of the two tasks side by side; on wish the outs of one. */

import './compare.css';

import { Button, Group, ScrollArea, Stack, Switch, Table, Text, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { StateBadge } from '../../components/state-badge';
import { type NodePair, differencesOf, differs, pairsOf } from '../../model/compare';
import { durationText } from '../../model/timeline';
import { Change } from './change';
import { Differences } from './differences';
import type { PairProps } from './facts';
import { Pictures } from './pictures';

const MOST = 100;

function Side({ pair, side }: { pair: NodePair; side: 0 | 1 }) {
  const { t } = useTranslation();
  const [state, took] = [pair.states[side], pair.milliseconds[side]];
  if (state === null) return <>{t('compare.missing')}</>;
  return (
    <Group gap="xs" wrap="nowrap">
      <span>
        <StateBadge state={state} />
      </span>
      {took !== null && <span>{durationText(took)}</span>}
    </Group>
  );
}

function Outs({ pair, tasks }: { pair: NodePair; tasks: [string, string] }) {
  const { t } = useTranslation();
  const [a, b] = [pair.a?.out ?? {}, pair.b?.out ?? {}];
  const differences = differencesOf(a, b);
  return (
    <Stack gap="xs" aria-label={t('compare.outs', { id: pair.id })} component="section">
      <Text size="sm">{t('compare.changes', { count: differences.length })}</Text>
      {differences.length > 0 && <Differences differences={differences} tasks={tasks} />}
      <Pictures a={a} b={b} tasks={tasks} />
    </Stack>
  );
}

function Line({ pair, tasks }: { pair: NodePair; tasks: [string, string] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [one, other] = pair.milliseconds;
  const marked = differs(pair);
  return (
    <>
      <Table.Tr className={marked ? 'differs' : ''}>
        <Table.Th scope="row">
          {marked && <span aria-hidden>≠ </span>}
          {pair.id}
        </Table.Th>
        <Table.Td>
          <Side pair={pair} side={0} />
        </Table.Td>
        <Table.Td>
          <Side pair={pair} side={1} />
        </Table.Td>
        <Table.Td>
          <Change before={one} after={other} />
        </Table.Td>
        <Table.Td>
          <Button
            size="compact-xs"
            variant="default"
            aria-expanded={open}
            aria-label={`${t(`compare.${pair.out}`)}: ${t(open ? 'compare.hide' : 'compare.show', { id: pair.id })}`}
            onClick={() => {
              setOpen(!open);
            }}
          >
            {t(`compare.${pair.out}`)} <span aria-hidden>{open ? '▾' : '▸'}</span>
          </Button>
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr>
          <Table.Td colSpan={5}>
            <Outs pair={pair} tasks={tasks} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

function Lines({ pairs, tasks }: { pairs: NodePair[]; tasks: [string, string] }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(MOST);
  return (
    <ScrollArea>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {(['node', 'first', 'second', 'change', 'out'] as const).map((name) => (
              <Table.Th key={name}>{t(`compare.${name}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {pairs.slice(0, shown).map((pair) => (
            <Line key={pair.id} pair={pair} tasks={tasks} />
          ))}
        </Table.Tbody>
      </Table>
      {pairs.length > shown && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            setShown(shown + MOST);
          }}
        >
          {t('compare.more', { count: Math.min(MOST, pairs.length - shown) })}
        </Button>
      )}
    </ScrollArea>
  );
}

export function NodePairs({ a, b }: PairProps) {
  const { t } = useTranslation();
  const [only, setOnly] = useState(false);
  const all = useMemo(() => pairsOf(a, b), [a, b]);
  const pairs = only ? all.filter(differs) : all;
  return (
    <Stack gap="xs" component="section" aria-label={t('compare.nodes')}>
      <Group justify="space-between">
        <Title order={2} size="h4">
          {t('compare.nodes')}
        </Title>
        <Switch
          size="sm"
          label={t('compare.onlyDiffering')}
          checked={only}
          onChange={(event) => {
            setOnly(event.currentTarget.checked);
          }}
        />
      </Group>
      {pairs.length === 0 ? (
        <Text size="sm">{t('compare.nothing')}</Text>
      ) : (
        <Lines pairs={pairs} tasks={[a.raw.id, b.raw.id]} />
      )}
    </Stack>
  );
}
