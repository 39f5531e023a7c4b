/** What one node of a task was given, gave, and how it went; of a loop's body one item at a time. */

import { ActionIcon, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { taskNode } from '../../api/rawtask';
import { useDenied } from '../../api/use-key';
import { StateBadge } from '../../components/state-badge';
import { type JsonObject, idOf } from '../../model/definition';
import type { Live } from '../../model/live';
import { type Known, type RawNode, instanceNamed, nodeIdOf, nodeNamed } from '../../model/rawtask';
import type { CodeFault } from '../../model/rawtask-fault';
import type { NodeState } from '../../model/wire';
import { Items } from './items';
import { NodeError } from './node-error';
import { NodeSections } from './node-sections';

export interface NodePanelProps {
  task: Known;
  live: Live;
  /** The id of a node of the definition, or of an instance. */
  name: string;
  onName: (name: string) => void;
  onClose: () => void;
  onAgain: (nodeId: string) => void;
  onFix: (nodeId: string, fault: CodeFault) => void;
}

/** What events have told since the whole task was last read. */
function stateOf(live: Live, node: RawNode): NodeState {
  const known = live.nodes.get(nodeIdOf(node));
  const told = node.node === undefined ? known?.state : known?.instances.get(node.id);
  return told ?? node.state;
}

function Head({
  node,
  id,
  state,
  onClose,
}: {
  node: JsonObject;
  id: string;
  state: NodeState | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <Group gap="xs">
        <Title order={2} size="h5">
          {t('debug.node.title', { id })}
        </Title>
        <Text size="xs" c="dimmed">
          {typeof node['type'] === 'string' ? node['type'] : 'node'}
        </Text>
        {state && <StateBadge state={state} />}
      </Group>
      <ActionIcon variant="subtle" aria-label={t('debug.node.close')} onClick={onClose}>
        ✕
      </ActionIcon>
    </Group>
  );
}

/** The node that is meant, and the instance of it that is shown. */
function useNamed(task: Known, name: string) {
  const placed = nodeNamed(task, name);
  const read = instanceNamed(task, name);
  // Of a very large task only the beginning was read.
  const { data: alone } = useQuery(taskNode(task.raw.id, name, !task.raw.whole && read === null));
  const instance = read ?? alone ?? null;
  const nodeId = instance ? nodeIdOf(instance) : placed ? idOf(placed.node) : name;
  return { node: placed?.node ?? null, instance, nodeId };
}

function Instances({ task, live, nodeId, instance, onName }: NodeProps) {
  const all = task.instances.get(nodeId) ?? [];
  if (all.length < 2 && instance?.node === undefined) return null;
  const items = all.map((each) => ({
    instance: each.id,
    index: each.index ?? 0,
    state: stateOf(live, each),
  }));
  return <Items items={items} chosen={instance?.id ?? null} onChoose={onName} />;
}

type NodeProps = NodePanelProps & ReturnType<typeof useNamed>;

function Content(props: NodeProps) {
  const { task, node, nodeId, instance, onAgain, onFix } = props;
  const { t } = useTranslation();
  const { root, status } = task.raw;
  const denied = useDenied('submit');
  const fix = (fault: CodeFault): void => {
    onFix(nodeId, fault);
  };
  return (
    <>
      <Instances {...props} />
      {instance?.error != null && node && (
        <NodeError node={node} instance={instance} onFix={root === undefined ? fix : null} />
      )}
      {root !== undefined && (
        <Text size="sm">
          {t('debug.node.part')}{' '}
          <Link to="/tasks/$id" params={{ id: root }}>
            {t('debug.node.root')}
          </Link>
        </Text>
      )}
      {root === undefined && status !== 'running' && (
        <Group>
          <Button
            size="xs"
            variant="default"
            disabled={denied !== null}
            onClick={() => {
              onAgain(nodeId);
            }}
          >
            {t('debug.again.open')}
          </Button>
          {denied !== null && <Text size="xs">{denied}</Text>}
        </Group>
      )}
      {instance ? (
        <NodeSections taskId={task.raw.id} instance={instance} definition={node} />
      ) : (
        <Text size="sm">{t('debug.node.noInstance')}</Text>
      )}
    </>
  );
}

export function NodePanel(props: NodePanelProps) {
  const { task, live, name, onClose } = props;
  const { t } = useTranslation();
  const panel = useRef<HTMLElement>(null);
  const named = useNamed(task, name);
  const { node, nodeId, instance } = named;
  const id = instance?.id ?? nodeId;
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
  }, [nodeId]);
  return (
    <Paper
      ref={panel}
      withBorder
      p="sm"
      component="aside"
      className="task-panel"
      tabIndex={-1}
      aria-label={t('debug.node.title', { id })}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <Stack gap="xs">
        <Head node={node ?? {}} id={id} state={instance ? stateOf(live, instance) : null} onClose={onClose} />
        <Content {...props} {...named} />
      </Stack>
    </Paper>
  );
}
