/** Two tasks side by side: versions, inputs, each node's state, time and out, with what differs marked. */

import { Alert, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { rawTask, taskDefinition } from '../../api/rawtask';
import { ErrorView } from '../../components/error-view';
import { type Known, known } from '../../model/rawtask';
import { Chooser } from './chooser';
import { Facts } from './facts';
import { Inputs } from './inputs';
import { NodePairs } from './node-pairs';

export interface CompareViewProps {
  a?: string | undefined;
  b?: string | undefined;
  onChoose: (chosen: { a?: string | undefined; b?: string | undefined }) => void;
}

function useTask(id: string): { task: Known | null; error: unknown } {
  const { data: raw, error } = useQuery(rawTask(id));
  const { data: own, error: missing } = useQuery(taskDefinition(id));
  const task = useMemo(
    () => (raw && own ? known(raw, { type: 'pipeline', nodes: own.nodes }) : null),
    [raw, own],
  );
  return { task, error: error ?? missing };
}

export function CompareView({ a = '', b = '', onChoose }: CompareViewProps) {
  const { t } = useTranslation();
  const [one, other] = [useTask(a), useTask(b)];
  const error = one.error ?? other.error;
  return (
    <Stack gap="md">
      <Title order={1} size="h3">
        {t('compare.title')}
      </Title>
      <Chooser a={a} b={b} onChoose={onChoose} />
      {error != null && <ErrorView error={error} />}
      {!(a && b) && <Alert color="gray">{t('compare.choose')}</Alert>}
      {one.task && other.task && (
        <>
          {one.task.raw.route !== other.task.raw.route && (
            <Alert color="orange">{t('compare.differentRoutes')}</Alert>
          )}
          <Facts a={one.task} b={other.task} />
          <Inputs a={one.task} b={other.task} />
          <NodePairs a={one.task} b={other.task} />
        </>
      )}
    </Stack>
  );
}
