/** What running again from a node means: which nodes keep what they gave, and which run anew. */

import { Alert, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Again } from '../../model/rawtask-again';

interface AgainPlanProps {
  /** The node that was meant; it may lie in the loop from which the task begins. */
  nodeId: string;
  plan: Again;
}

export function AgainPlan({ nodeId, plan }: AgainPlanProps) {
  const { t } = useTranslation();
  const { from, anew, reused, missing } = plan;
  const list = (ids: string[], name: 'reused' | 'anew') => (
    <Text size="sm">
      <b>{t(`debug.again.${name}`, { count: ids.length })}</b>
      {ids.length > 0 && `: ${ids.join(', ')}`}
    </Text>
  );
  return (
    <Stack gap={4}>
      {from !== nodeId && <Alert color="gray">{t('debug.again.loop', { id: nodeId, loop: from })}</Alert>}
      {anew.length === 0 && <Alert color="red">{t('debug.again.notThere', { id: from })}</Alert>}
      {list(reused, 'reused')}
      {list(anew, 'anew')}
      {missing.length > 0 && (
        <Alert color="orange">{t('debug.again.missing', { ids: missing.join(', '), id: from })}</Alert>
      )}
    </Stack>
  );
}
