/** What differs between two definitions: by node, or as JSON. */

import { Alert, Badge, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Definition, Json } from '../../model/definition';
import {
  type Difference,
  type EdgeChange,
  type FieldChange,
  type NodeChange,
  difference,
} from '../../model/diff';
import { write } from '../../model/text';
import { TextDiff } from './text-diff';
import './diff.css';

const SIGNS = { added: '+', removed: '−', changed: '~' } as const;

/** A value as text: texts as they are, so that code has its lines; anything else as JSON. */
function textOf(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}

function Field({ field }: { field: FieldChange }) {
  const { t } = useTranslation();
  const first = field.path[0] === 'nodes';
  const name = first ? t('versions.firstOfBody') : field.path.join('.');
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <TextDiff before={textOf(field.before)} after={textOf(field.after)} label={name} />
      </dd>
    </>
  );
}

function Sign({ change }: { change: NodeChange['change'] }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="diff-sign" aria-hidden="true">
        {SIGNS[change]}
      </span>
      <Badge variant="default" tt="none">
        {t(`versions.${change}`)}
      </Badge>
    </>
  );
}

function NodeItem({ change }: { change: NodeChange }) {
  const { t } = useTranslation();
  const outermost = t('versions.outermost');
  return (
    <li className={`diff-node diff-${change.change}`} data-node={change.id}>
      <Group gap="xs">
        <Sign change={change.change} />
        <Text fw={700}>{change.id || t('graph.noId')}</Text>
        <Text size="sm" c="dimmed">
          {change.type}
        </Text>
        {change.level !== null && <Text size="sm">{t('versions.in', { loop: change.level })}</Text>}
        {change.renamedFrom !== null && (
          <Text size="sm">{t('versions.renamed', { id: change.renamedFrom })}</Text>
        )}
        {change.movedFrom !== null && (
          <Text size="sm">
            {t('versions.moved', { from: change.movedFrom || outermost, to: change.level ?? outermost })}
          </Text>
        )}
      </Group>
      {change.fields.length > 0 && (
        <dl className="diff-field">
          {change.fields.map((field) => (
            <Field key={field.path.join('.')} field={field} />
          ))}
        </dl>
      )}
    </li>
  );
}

function EdgeItem({ edge }: { edge: EdgeChange }) {
  return (
    <li className={`diff-node diff-${edge.change}`}>
      <Group gap="xs">
        <Sign change={edge.change} />
        <Text>
          {edge.source} → {edge.target}
        </Text>
        {edge.kind !== 'next' && (
          <Text size="sm" c="dimmed">
            {edge.kind}
          </Text>
        )}
      </Group>
    </li>
  );
}

function Edges({ edges }: { edges: EdgeChange[] }) {
  const { t } = useTranslation();
  if (edges.length === 0) return null;
  return (
    <section>
      <Title order={4} size="h6" mb={4}>
        {t('versions.edges')}
      </Title>
      <ul className="diff-list">
        {edges.map((edge) => (
          <EdgeItem key={`${edge.change} ${edge.source} ${edge.kind} ${edge.target}`} edge={edge} />
        ))}
      </ul>
    </section>
  );
}

function ByNode({ found }: { found: Difference }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <ul className="diff-list">
        {found.nodes.map((change) => (
          <NodeItem key={`${change.change} ${change.key}`} change={change} />
        ))}
      </ul>
      <Edges edges={found.edges} />
      {found.other.length > 0 && (
        <section className="diff-node diff-changed">
          <Title order={4} size="h6">
            {t('versions.other')}
          </Title>
          <dl className="diff-field">
            {found.other.map((field) => (
              <Field key={field.path.join('.')} field={field} />
            ))}
          </dl>
        </section>
      )}
    </Stack>
  );
}

function Summary({ found }: { found: Difference }) {
  const { t } = useTranslation();
  const count = (change: NodeChange['change']): number =>
    found.nodes.filter((each) => each.change === change).length;
  const numbers = { added: count('added'), removed: count('removed'), changed: count('changed') };
  return (
    <Text size="sm" role="status">
      {t('versions.summary', numbers)} {t('versions.edgeCount', { count: found.edges.length })}
    </Text>
  );
}

export function DiffView({ before, after }: { before: Definition | null; after: Definition }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState('nodes');
  const old = useMemo<Definition>(() => before ?? { type: 'pipeline', nodes: [] }, [before]);
  const found = useMemo(() => difference(old, after), [old, after]);
  const nothing = found.nodes.length + found.edges.length + found.other.length === 0;
  if (nothing && !found.reordered) return <Alert color="gray">{t('versions.same')}</Alert>;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Summary found={found} />
        <SegmentedControl
          size="xs"
          value={shown}
          onChange={setShown}
          aria-label={t('versions.as')}
          data={[
            { value: 'nodes', label: t('versions.byNode') },
            { value: 'json', label: t('versions.json') },
          ]}
        />
      </Group>
      {found.reordered && <Alert color="gray">{t('versions.reordered')}</Alert>}
      {shown === 'nodes' ? (
        <ByNode found={found} />
      ) : (
        <TextDiff before={before ? write(old) : ''} after={write(after)} label={t('versions.json')} />
      )}
    </Stack>
  );
}
