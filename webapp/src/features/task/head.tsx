/** What a task is, how far it has come, and what can be done with it. */

import { Button, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { cancel, retry } from '../../api/queries';
import { useDenied } from '../../api/use-key';
import { ErrorView } from '../../components/error-view';
import { StateBadge } from '../../components/state-badge';
import type { Live } from '../../model/live';
import type { Status } from '../../model/wire';
import { secondsBetween } from '../../model/words';

/** How many nodes are done, as events tell; the status is asked only now and then. */
function progressOf(status: Status, live: Live): Status['progress'] {
  const ids = Object.keys(status.nodes);
  const done = ids.filter((id) => ['finished', 'skipped'].includes(live.nodes.get(id)?.state ?? 'pending'));
  return { done: done.length, total: ids.length };
}

export function Head({ taskId, status, live }: { taskId: string; status: Status; live: Live }) {
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
          ...(status.version > 0 ? [t('debug.again.version', { version: status.version })] : []),
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

interface ActionsProps {
  taskId: string;
  state: Status['status'];
  /** Told to those who do not see what changes. */
  onTold: (words: string) => void;
  onCompare?: (() => void) | undefined;
}

export function Actions({ taskId, state, onTold, onCompare }: ActionsProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const denied = useDenied('submit');
  const told = (words: string) => (): void => {
    onTold(words);
    void client.invalidateQueries({ queryKey: ['tasks', taskId] });
  };
  const ended = useMutation({ mutationFn: () => cancel(taskId), onSuccess: told(t('debug.told.cancelled')) });
  const resumed = useMutation({ mutationFn: () => retry(taskId), onSuccess: told(t('debug.told.resumed')) });
  return (
    <>
      <Group>
        {state === 'running' && (
          <Button
            variant="default"
            loading={ended.isPending}
            disabled={denied !== null}
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
            disabled={denied !== null}
            onClick={() => {
              resumed.mutate();
            }}
          >
            {t('task.retry')}
          </Button>
        )}
        {state !== 'finished' && denied !== null && <Text size="sm">{denied}</Text>}
        {onCompare && (
          <Button variant="default" onClick={onCompare}>
            {t('debug.compare')}
          </Button>
        )}
      </Group>
      {(ended.error ?? resumed.error) && <ErrorView error={ended.error ?? resumed.error} />}
    </>
  );
}
