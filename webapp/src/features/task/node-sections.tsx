/** The parts of a node's panel that can be opened: times, input, out, params, attempts, definition. */

import { Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { JsonView } from '../../components/json-view';
import { ValueTree } from '../../components/values/value-tree';
import type { Json, JsonObject } from '../../model/definition';
import type { Attempt, RawNode } from '../../model/rawtask';
import { durationText } from '../../model/timeline';

function Section({ name, opened = true, children }: { name: string; opened?: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(opened);
  return (
    <details
      open={open}
      onToggle={(event) => {
        if (event.target === event.currentTarget) setOpen(event.currentTarget.open);
      }}
    >
      <summary className="section-name">{name}</summary>
      {open && children}
    </details>
  );
}

function useMoment(): (moment: string | null) => string {
  const { t, i18n } = useTranslation();
  return (moment) => {
    if (moment === null) return t('debug.node.never');
    return new Date(moment).toLocaleTimeString(i18n.language, {
      hour: 'numeric',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
    });
  };
}

function Times({ node }: { node: RawNode }) {
  const { t } = useTranslation();
  const moment = useMoment();
  const lines: [string, string][] = [
    [t('debug.node.started'), moment(node.started)],
    [t('debug.node.ended'), moment(node.ended)],
    ...(node.seconds === null
      ? []
      : [[t('debug.node.took'), durationText(1_000 * node.seconds)] as [string, string]]),
    ...(node.waiting === null ? [] : [[t('debug.node.waiting'), node.waiting] as [string, string]]),
    ...(node.side === undefined ? [] : [[t('debug.node.side'), node.side] as [string, string]]),
    ...(node.turn > 1 ? [['', t('debug.node.turn', { turn: node.turn })] as [string, string]] : []),
  ];
  return (
    <Table fz="sm" withRowBorders={false} verticalSpacing={1}>
      <Table.Tbody>
        {lines.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={110} fw={500}>
              {name}
            </Table.Th>
            <Table.Td className="wrapped">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function AttemptView({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const moment = useMoment();
  return (
    <li>
      <Text size="sm" className="wrapped">
        {[
          moment(attempt.at),
          attempt.seconds === null ? t('debug.node.running') : durationText(1_000 * attempt.seconds),
          attempt.url ?? '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </Text>
      {attempt.task !== undefined && (
        <Link to="/tasks/$id" params={{ id: attempt.task }}>
          {t('debug.node.subTask')}
        </Link>
      )}
      {attempt.error !== null && (
        <Text size="sm" c="red" className="wrapped">
          {attempt.error}
        </Text>
      )}
    </li>
  );
}

interface NodeSectionsProps {
  taskId: string;
  instance: RawNode;
  definition: JsonObject | null;
}

function Value({ taskId, name, value }: { taskId: string; name: string; value: Json }) {
  const { t } = useTranslation();
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  if (value === null || empty) return <Text size="sm">{t('debug.node.nothing')}</Text>;
  return <ValueTree taskId={taskId} name={name} value={value} />;
}

export function NodeSections({ taskId, instance, definition }: NodeSectionsProps) {
  const { t } = useTranslation();
  const { attempts, params = {} } = instance;
  const value = (name: 'input' | 'out' | 'params', shown: Json) => (
    <Value taskId={taskId} name={`${instance.id}.${name}`} value={shown} />
  );
  if (instance.started === null) return <Text size="sm">{t('debug.node.pending')}</Text>;
  return (
    <div key={instance.id}>
      <Section name={t('debug.node.times')}>
        <Times node={instance} />
      </Section>
      {instance._loop !== undefined && (
        <Section name={t('debug.node.loopItem')}>
          <Value taskId={taskId} name={`${instance.id}._loop`} value={instance._loop} />
        </Section>
      )}
      <Section name={t('debug.node.input')}>{value('input', instance.input ?? null)}</Section>
      <Section name={t('debug.node.out')}>{value('out', instance.out)}</Section>
      {attempts.length > 0 && (
        <Section name={t('debug.node.attempts', { count: attempts.length })}>
          <ol className="path-steps">
            {attempts.map((attempt) => (
              <AttemptView key={`${attempt.at} ${attempt.turn}`} attempt={attempt} />
            ))}
          </ol>
        </Section>
      )}
      {Object.keys(params).length > 0 && (
        <Section name={t('debug.node.params')} opened={false}>
          {value('params', params)}
        </Section>
      )}
      {definition && (
        <Section name={t('debug.node.definition')} opened={false}>
          <JsonView value={definition} label={t('debug.node.definition')} />
        </Section>
      )}
    </div>
  );
}
