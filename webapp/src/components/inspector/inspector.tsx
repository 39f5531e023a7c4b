/** The fields of the node that is selected, each with its faults. */

import { Alert, List, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { ProblemError } from '../../api/http';
import { codeSuggestions, knownOf, missingInputs, suggestions } from '../../model/complete';
import {
  type Definition,
  type Json,
  type JsonObject,
  type NodeKey,
  type NodeType,
  idOf,
  isObject,
  placed,
  typeOf,
} from '../../model/definition';
import { find, setFields } from '../../model/edit';
import { type NodeFault, faultsOf } from '../../model/faults';
import type { Service } from '../../model/wire';
import { EntryFields } from './entry-fields';
import { type Held, HeldContext, useHeld } from './held';
import { IdField, TypeField } from './identity';
import './inspector.css';
import { BranchFields, CallFields, HttpFields, LoopFields } from './kind-fields';
import { NextField } from './next-field';
import { OtherFields, useOthers } from './other-fields';
import { PathsTable } from './paths-table';
import { withAt } from './place';
import { TargetField } from './target';
import { CodeValue, JsonValue } from './values';

export interface InspectorProps {
  definition: Definition;
  nodeKey: NodeKey;
  /** With `selected` another node is to be looked at. */
  onChange: (definition: Definition, selected?: NodeKey) => void;
  faults: ProblemError[];
  services: Service[];
  /** The id of the node that the path reads which is looked at; null when none is. */
  onHover: (id: string | null) => void;
  unfinished: Held['unfinished'];
  onUnfinished: Held['onUnfinished'];
}

export function Inspector(props: InspectorProps) {
  const { t } = useTranslation();
  const found = find(props.definition, props.nodeKey);
  if (!found) return <Text size="sm">{t('inspector.none')}</Text>;
  return <NodeFields key={props.nodeKey} {...props} node={found.node} />;
}

type Told = InspectorProps & { node: JsonObject };

function NodeFields(props: Told) {
  const { t } = useTranslation();
  const held = useMade(props);
  const id = idOf(props.node) || t('graph.noId');
  const type = typeOf(props.node);
  return (
    <HeldContext value={held}>
      <aside className="node-inspector" aria-label={t('inspector.label', { id })}>
        <Stack gap="sm">
          <Title order={2} size="h5">
            {t('inspector.label', { id })}
          </Title>
          <Own />
          <IdField />
          <TypeField />
          <Work type={type} />
          <Flow type={type} />
          <Section title={t('inspector.section.code')}>
            <CodeValue place={['before']} hint={t('inspector.hint.before')} />
            <CodeValue place={['after']} hint={t('inspector.hint.after')} />
            <JsonValue place={['params']} hint={t('inspector.hint.params')} />
          </Section>
          <Others type={type} />
        </Stack>
      </aside>
    </HeldContext>
  );
}

/** What the fields share. What may be written follows a moment later, so that typing does not wait for it. */
function useMade(told: Told): Held {
  const { definition, nodeKey, node, faults, services, onChange, onHover, unfinished, onUnfinished } = told;
  const late = useDeferredValue(definition);
  const known = useMemo(() => knownOf(services), [services]);
  const paths = useMemo(() => suggestions(late, nodeKey, known), [late, nodeKey, known]);
  const names = useMemo(() => codeSuggestions(late, nodeKey, known), [late, nodeKey, known]);
  const collected = useMemo(
    () => (typeOf(node) === 'loop' ? suggestions(late, nodeKey, known, 'collect') : []),
    [late, node, nodeKey, known],
  );
  const own = useMemo(
    () => faultsOf(definition, faults).filter(({ key }) => key === nodeKey),
    [definition, faults, nodeKey],
  );
  const setAll: Held['setAll'] = (fields) => {
    onChange(setFields(definition, nodeKey, fields));
  };
  const set: Held['set'] = (place, value) => {
    const [field = ''] = place;
    setAll({ [field]: withAt(node, place, value)[field] });
  };
  return {
    ...{ definition, nodeKey, node, services, known, paths, names, collected, set, setAll, onHover },
    ...{ unfinished, onUnfinished },
    faults: own,
    change: onChange,
  };
}

const STEP = ['id', 'type', 'before', 'after', 'params', 'input', 'ready', 'next'];
const FIELDS: Record<NodeType, string[]> = {
  entry: ['id', 'type', 'before', 'after', 'params', 'next', 'api'],
  node: STEP,
  service: [...STEP, 'service', 'url', 'timeout', 'retry'],
  http: [...STEP, 'url', 'verb', 'headers', 'timeout', 'retry'],
  branch: [...STEP, 'if', 'then', 'else', 'max_turns'],
  loop: [...STEP, 'items', 'nodes', 'collect', 'max_parallel'],
  end: STEP.filter((name) => name !== 'next'),
};

function fieldsOf(type: NodeType | null): string[] {
  return type === null ? STEP : FIELDS[type];
}

/** Faults that no field shows: those of the node as a whole, and of fields that are missing. */
function Own() {
  const { faults, node } = useHeld();
  const shown = new Set([...fieldsOf(typeOf(node)), ...Object.keys(node)]);
  const own = faults.filter(({ field }) => field === '' || !shown.has(field));
  if (own.length === 0) return null;
  return (
    <Alert color="red" variant="outline" role="alert" p="xs">
      <List size="xs">
        {own.map(({ pointer, message }: NodeFault) => (
          <List.Item key={`${pointer} ${message}`}>{message}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h6" className="inspector-section">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

/** What a node of this type does, and with what. */
function Work({ type }: { type: NodeType | null }) {
  const { t } = useTranslation();
  return (
    <Section title={t('inspector.section.work')}>
      {type === 'entry' && <EntryFields />}
      {type === 'service' && <TargetField />}
      {type === 'http' && <HttpFields />}
      {type === 'branch' && <BranchFields />}
      {type === 'loop' && <LoopFields />}
      {type !== 'entry' && <InputField />}
      {type === 'service' && <CallFields timeout="600" />}
      {type === 'http' && <CallFields timeout="30" />}
    </Section>
  );
}

/** The input, with what the operation that is called takes and does not get yet. */
function InputField() {
  const { t } = useTranslation();
  const { node, services, paths } = useHeld();
  const called = services.find(({ state }) => state.route === node['service']);
  const body = called && (called.api ? called.api.body : bodyOf(called.nodes));
  return (
    <PathsTable
      place={['input']}
      suggestions={paths}
      wanted={missingInputs(body ?? null, node['input'])}
      without={t('inspector.paths.all')}
    />
  );
}

/** What a pipeline takes. */
function bodyOf(nodes: Json[]): Json {
  const entry = placed({ type: 'pipeline', nodes }).find(({ node }) => typeOf(node) === 'entry');
  const api = entry?.node['api'];
  return isObject(api) ? (api['body'] ?? null) : null;
}

function Flow({ type }: { type: NodeType | null }) {
  const { t } = useTranslation();
  if (type === 'end') return <Ready />;
  return (
    <Section title={t('inspector.section.flow')}>
      <NextField place={['next']} hint={t(`inspector.next.${type === 'branch' ? 'branch' : 'hint'}`)} />
      {type !== 'entry' && <Ready />}
    </Section>
  );
}

function Ready() {
  const { t } = useTranslation();
  return <CodeValue place={['ready']} hint={t('inspector.hint.ready')} mode="expression" />;
}

function Others({ type }: { type: NodeType | null }) {
  const { t } = useTranslation();
  const known = fieldsOf(type);
  const others = useOthers([], known);
  if (others.length === 0) return null;
  return (
    <Section title={t('inspector.section.other')}>
      <OtherFields place={[]} known={known} />
    </Section>
  );
}
