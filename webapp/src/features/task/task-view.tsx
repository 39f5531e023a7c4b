/** A task: its states over the graph as they change, its times, each node's values, what went wrong, what came of it. */

import './task.css';

import { Alert, SegmentedControl, Stack, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/http';
import { ErrorView } from '../../components/error-view';
import type { Definition } from '../../model/definition';
import { type Graph, graphOf } from '../../model/graph';
import { type Known, nodeNamed } from '../../model/rawtask';
import type { CodeFault } from '../../model/rawtask-fault';
import type { Status } from '../../model/wire';
import { AgainDialog } from './again-dialog';
import { FixDialog } from './fix-dialog';
import { GraphTab } from './graph-tab';
import { Actions, Head } from './head';
import { NodePanel } from './node-panel';
import { OwnDefinition } from './own-definition';
import { useEdgeThumbnails } from './pictures-on-edges';
import { PicturesPanel } from './pictures-panel';
import { ResultView } from './result-view';
import { TimelineTab } from './timeline-tab';
import { type Watched, useLive } from './use-live';

export type TaskTab = 'graph' | 'timeline';

export interface TaskViewProps {
  taskId: string;
  /** The node that is looked at: its id, or that of an instance. */
  node?: string | undefined;
  onNode: (node: string | null) => void;
  tab?: TaskTab | undefined;
  onTab: (tab: TaskTab) => void;
  /** Where another task is looked at: one that was made by running this one again. */
  onTask: (taskId: string) => void;
  onCompare?: (taskId: string) => void;
  onSaveVersion?: (route: string, definition: Definition) => Promise<boolean>;
  /** What is being written in the editor for this task's route. */
  draft?: Definition | undefined;
}

type Dialog = { kind: 'again'; nodeId: string } | { kind: 'fix'; nodeId: string; fault: CodeFault };

interface BodyProps extends TaskViewProps {
  watched: Watched;
  graph: Graph | null;
  onDialog: (dialog: Dialog) => void;
}

/** Back to the node in the drawing, from which the panel was opened. */
function focusNode(task: Known, name: string): void {
  const key = nodeNamed(task, name)?.key;
  if (key !== undefined) document.querySelector<HTMLElement>(`.react-flow__node[data-id="${key}"]`)?.focus();
}

function Body({ taskId, watched, graph, onDialog, node = '', onNode, tab = 'graph' }: BodyProps) {
  const { live, definition, task } = watched;
  const edgeExtra = useEdgeThumbnails(taskId, live, graph);
  return (
    <div className="task-split">
      <div className="task-main">
        {tab === 'graph' && definition && (
          <GraphTab
            definition={definition}
            live={live}
            task={task}
            selected={node || null}
            onSelect={onNode}
            edgeExtra={edgeExtra}
          />
        )}
        {tab === 'timeline' && task && <TimelineTab task={task} selected={node || null} onSelect={onNode} />}
      </div>
      {node && task && (
        <NodePanel
          task={task}
          live={live}
          name={node}
          onName={onNode}
          onClose={() => {
            onNode(null);
            focusNode(task, node);
          }}
          onAgain={(nodeId) => {
            onDialog({ kind: 'again', nodeId });
          }}
          onFix={(nodeId, fault) => {
            onDialog({ kind: 'fix', nodeId, fault });
          }}
        />
      )}
    </div>
  );
}

interface DialogsProps extends TaskViewProps {
  dialog: Dialog | null;
  task: Known | null;
  version: number;
  onClose: () => void;
}

function Dialogs({ dialog, task, version, onClose, onTask, draft }: DialogsProps) {
  if (!dialog || !task) return null;
  const shared = { task, nodeId: dialog.nodeId, onStarted: onTask, onClose };
  if (dialog.kind === 'fix') return <FixDialog {...shared} fault={dialog.fault} />;
  return <AgainDialog {...shared} version={version} draft={draft} />;
}

function Tabs({ tab = 'graph', onTab }: Pick<TaskViewProps, 'tab' | 'onTab'>) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      aria-label={t('debug.view')}
      value={tab}
      onChange={(value) => {
        onTab(value);
      }}
      data={(['graph', 'timeline'] as const).map((value) => ({ value, label: t(`debug.${value}`) }))}
      style={{ alignSelf: 'start' }}
    />
  );
}

/** Why the task failed, with a way to the node that did. */
function Failure({
  message,
  task,
  onNode,
}: { message: string; task: Known | null } & Pick<TaskViewProps, 'onNode'>) {
  const { t } = useTranslation();
  const failed = task && Object.values(task.raw.nodes).filter((node) => node.state === 'error');
  const inner = failed?.find((node) => node.type !== 'loop') ?? failed?.[0];
  return (
    <Alert color="red" role="alert" title={t('error.title')}>
      <div className="wrapped">{message}</div>
      {inner && (
        <UnstyledButton
          td="underline"
          onClick={() => {
            onNode(inner.id);
          }}
        >
          {t('debug.node.title', { id: inner.id })}
        </UnstyledButton>
      )}
    </Alert>
  );
}

/** What is to be known before anything else. */
function Notices({
  watched,
  status,
  onNode,
  onSaveVersion,
}: TaskViewProps & { watched: Watched; status: Status }) {
  const { t } = useTranslation();
  const { live, definition, version, task, connected } = watched;
  return (
    <>
      {!connected && live.status === 'running' && <Alert color="orange">{t('task.offline')}</Alert>}
      {live.status === 'error' && <Failure message={live.message} task={task} onNode={onNode} />}
      {definition && version === 0 && (
        <OwnDefinition route={status.route} definition={definition} onSaveVersion={onSaveVersion} />
      )}
      {task && !task.raw.whole && (
        <Alert color="gray">{t('debug.cut', { count: Object.keys(task.raw.nodes).length })}</Alert>
      )}
    </>
  );
}

export function TaskView(props: TaskViewProps) {
  const { taskId, onCompare } = props;
  const { t } = useTranslation();
  const watched = useLive(taskId);
  const { live, status, definition, version, task, error } = watched;
  const graph = useMemo(() => definition && graphOf(definition), [definition]);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [told, setTold] = useState('');
  const compare =
    onCompare &&
    (() => {
      onCompare(taskId);
    });
  const close = (): void => {
    setDialog(null);
  };
  if (error instanceof Problem && error.status === 404) return <Alert color="gray">{t('task.gone')}</Alert>;
  if (!status) return error ? <ErrorView error={error} /> : null;
  return (
    <Stack gap="sm">
      <Head taskId={taskId} status={status} live={live} />
      <Notices {...props} watched={watched} status={status} />
      <Actions key={live.status} taskId={taskId} state={live.status} onTold={setTold} onCompare={compare} />
      <Tabs {...props} />
      <Body {...props} watched={watched} graph={graph} onDialog={setDialog} />
      {live.status === 'finished' && <ResultView taskId={taskId} />}
      <PicturesPanel taskId={taskId} live={live} graph={graph} />
      <Dialogs {...props} dialog={dialog} task={task} version={version} onClose={close} />
      <div role="status" aria-live="polite" className="unseen">
        {`${t(`state.${live.status}`)} ${told}`}
      </div>
    </Stack>
  );
}
