/** A task: its states over the graph as they change, what went wrong, and what came of it. */

import { Alert, Button, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/http';
import { cancel, retry } from '../../api/queries';
import { Canvas } from '../../components/canvas/canvas';
import { ErrorView } from '../../components/error-view';
import { StateBadge } from '../../components/state-badge';
import { graphOf } from '../../model/graph';
import type { Live } from '../../model/live';
import type { Status } from '../../model/wire';
import { secondsBetween } from '../../model/words';
import { ResultView } from './result-view';
import { useLive } from './use-live';

/** How many nodes are done, as events tell; the status is asked only now and then. */
function progressOf(status: Status, live: Live): Status['progress'] {
  const ids = Object.keys(status.nodes);
  const done = ids.filter((id) => ['finished', 'skipped'].includes(live.nodes.get(id)?.state ?? 'pending'));
  return { done: done.length, total: ids.length };
}

function Head({ taskId, status, live }: { taskId: string; status: Status; live: Live }) {
  const { t, i18n } = useTranslation();
  const progress = progressOf(status, live);
  const seconds = secondsBetween(status.created, status.ended);
  return (
    <Stack gap={4}>
      <Group gap="sm">
        <Title order={1} size="h3">
          <Link to="/services/$route" params={{ route: status.route }}>
            {status.route}
          </Link>
        </Title>
        <StateBadge state={live.status} />
      </Group>
      <Text size="sm" c="dimmed">
        {[
          t('task.title', { id: taskId }),
          t('task.created', { at: new Date(status.created).toLocaleString(i18n.language) }),
          ...(seconds === null ? [] : [t('task.took', { seconds })]),
          t('task.progress', progress),
        ].join(' · ')}
      </Text>
      <Progress
        value={(100 * progress.done) / Math.max(progress.total, 1)}
        aria-label={t('task.progress', progress)}
      />
    </Stack>
  );
}

function Actions({ taskId, state }: { taskId: string; state: Status['status'] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const onSuccess = (): void => void client.invalidateQueries({ queryKey: ['tasks', taskId] });
  const ended = useMutation({ mutationFn: () => cancel(taskId), onSuccess });
  const resumed = useMutation({ mutationFn: () => retry(taskId), onSuccess });
  return (
    <>
      <Group>
        {state === 'running' && (
          <Button
            variant="default"
            loading={ended.isPending}
            onClick={() => {
              ended.mutate();
            }}
          >
            {t('task.cancel')}
          </Button>
        )}
        {state === 'error' && (
          <Button
            loading={resumed.isPending}
            onClick={() => {
              resumed.mutate();
            }}
          >
            {t('task.retry')}
          </Button>
        )}
      </Group>
      {(ended.error ?? resumed.error) && <ErrorView error={ended.error ?? resumed.error} />}
    </>
  );
}

export function TaskView({ taskId }: { taskId: string }) {
  const { t } = useTranslation();
  const { live, status, definition, connected, error } = useLive(taskId);
  const graph = useMemo(() => definition && graphOf(definition), [definition]);
  if (error instanceof Problem && error.status === 404) return <Alert color="gray">{t('task.gone')}</Alert>;
  if (!status) return error ? <ErrorView error={error} /> : null;
  return (
    <Stack gap="sm">
      <Head taskId={taskId} status={status} live={live} />
      {!connected && live.status === 'running' && <Alert color="orange">{t('task.offline')}</Alert>}
      {live.status === 'error' && (
        <Alert color="red" role="alert" title={t('error.title')}>
          {live.message}
        </Alert>
      )}
      <Actions key={live.status} taskId={taskId} state={live.status} />
      {graph && (
        <div className="fill half">
          <Canvas graph={graph} live={live} />
        </div>
      )}
      {live.status === 'finished' && <ResultView taskId={taskId} />}
      <div role="status" aria-live="polite" className="unseen">
        {t(`state.${live.status}`)}
      </div>
    </Stack>
  );
}
