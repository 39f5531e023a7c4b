/** A pipeline: its graph, and its definition as JSON beside it. */

import { ActionIcon, Group, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useDenied } from '../../api/use-key';
import { Canvas } from '../../components/canvas/canvas';
import { JsonView } from '../../components/json-view';
import { Way } from '../../components/way';
import {
  type Definition,
  type JsonObject,
  type NodeKey,
  idOf,
  isObject,
  placed,
  typeOf,
} from '../../model/definition';
import { find } from '../../model/edit';
import { graphOf } from '../../model/graph';
import type { Service } from '../../model/wire';

function summaryOf(service: Service, definition: Definition): string {
  const entry = placed(definition).find(({ node }) => typeOf(node) === 'entry');
  const api = service.api ?? (isObject(entry?.node['api']) ? entry.node['api'] : {});
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return [text(api.summary), text(api.description)].filter(Boolean).join('\n\n');
}

function Inspector({ node, onClose }: { node: JsonObject; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Paper withBorder p="sm" className="inspector" component="aside">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600}>{t('pipeline.node', { id: idOf(node) })}</Text>
        <ActionIcon variant="subtle" aria-label={t('pipeline.close')} onClick={onClose}>
          ✕
        </ActionIcon>
      </Group>
      <JsonView value={node} label={t('pipeline.node', { id: idOf(node) })} />
    </Paper>
  );
}

function GraphPane({ definition }: { definition: Definition }) {
  const graph = useMemo(() => graphOf(definition), [definition]);
  const [selected, setSelected] = useState<NodeKey | null>(null);
  const node = selected === null ? undefined : find(definition, selected)?.node;
  return (
    <div className="fill beside">
      <Canvas graph={graph} selected={selected} onSelect={setSelected} />
      {node && (
        <Inspector
          node={node}
          onClose={() => {
            setSelected(null);
          }}
        />
      )}
    </div>
  );
}

export function PipelineView({ service }: { service: Service }) {
  const { t } = useTranslation();
  const { version, route } = service.state;
  const text = JSON.stringify(service.nodes);
  // The same nodes come anew with every look at the engine: what is drawn changes only with them.
  const definition = useMemo<Definition>(
    () => ({ type: 'pipeline', nodes: JSON.parse(text) as Definition['nodes'] }),
    [text],
  );
  const [view, setView] = useState('graph');
  const denied = useDenied('author');
  const views = ['graph', 'json'] as const;
  return (
    <Stack gap="sm" h="100%">
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={1} size="h3">
            {route}
          </Title>
          <Link to="/services/$route/versions" params={{ route }}>
            {t('pipeline.version', { version })}
          </Link>
          {service.type === 'pipeline' && (
            <Way to={`#/edit/${route}`} denied={denied} size="compact-sm" variant="default">
              {t('pipeline.edit')}
            </Way>
          )}
        </Group>
        <SegmentedControl
          value={view}
          onChange={setView}
          data={views.map((value) => ({ value, label: t(`pipeline.${value}`) }))}
        />
      </Group>
      <Text size="sm" className="description" tabIndex={0}>
        {summaryOf(service, definition)}
      </Text>
      {view === 'graph' ? (
        <GraphPane definition={definition} />
      ) : (
        <Paper withBorder p="sm" className="fill scroll">
          <JsonView value={{ type: 'pipeline', nodes: definition.nodes }} label={t('pipeline.json')} />
        </Paper>
      )}
    </Stack>
  );
}
