/** One version, drawn, and as JSON. */

import { Group, Paper, SegmentedControl, Skeleton, Stack, Title } from '@mantine/core';
import { Suspense, lazy, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { JsonView } from '../../components/json-view';
import type { Definition } from '../../model/definition';
import { graphOf } from '../../model/graph';
import type { Version } from '../../model/wire';

const Canvas = lazy(async () => ({ default: (await import('../../components/canvas/canvas')).Canvas }));

export function OneVersion({ version, definition }: { version: Version; definition: Definition }) {
  const { t } = useTranslation();
  const [view, setView] = useState<string>('graph');
  const graph = useMemo(() => graphOf({ type: 'pipeline', nodes: version.nodes }), [version.nodes]);
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {t('versions.version', { version: version.version })}
        </Title>
        <SegmentedControl
          value={view}
          onChange={setView}
          aria-label={t('versions.as')}
          data={(['graph', 'json'] as const).map((value) => ({ value, label: t(`pipeline.${value}`) }))}
        />
      </Group>
      {view === 'graph' ? (
        <div className="fill">
          <Suspense fallback={<Skeleton h={400} />}>
            <Canvas graph={graph} />
          </Suspense>
        </div>
      ) : (
        <Paper withBorder p="sm" className="fill scroll">
          <JsonView value={{ ...definition }} label={t('pipeline.json')} />
        </Paper>
      )}
    </Stack>
  );
}
