/** The graph of a task with its states, and on wish with the time that each node took. */

import { Stack, Switch } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Canvas } from '../../components/canvas/canvas';
import { criticalPath } from '../../model/critical';
import { type NodeKey, idOf } from '../../model/definition';
import { find } from '../../model/edit';
import { type GraphEdge, type GraphNode, graphOf } from '../../model/graph';
import type { Definition } from '../../model/definition';
import type { Live } from '../../model/live';
import { type Known, nodeNamed } from '../../model/rawtask';
import { sharesOf } from '../../model/timeline';

interface GraphTabProps {
  definition: Definition;
  live: Live;
  task: Known | null;
  selected: string | null;
  onSelect: (id: string | null) => void;
  edgeExtra?: ((edge: GraphEdge) => ReactNode) | undefined;
}

interface Heat {
  shares: ReadonlyMap<string, number>;
  critical: ReadonlySet<string>;
}

function HeatMark({ share, critical }: { share: number; critical: boolean }) {
  const { t } = useTranslation();
  const percent = Math.round(100 * share);
  const text = t('debug.share', { percent: percent < 1 && share > 0 ? '<1' : percent });
  return (
    <span className="heat" style={{ '--heat': `${Math.max(percent, 4)}%` } as Record<string, string>}>
      {critical ? `★ ${text} · ${t('debug.onPath')}` : text}
    </span>
  );
}

function useHeat(task: Known | null, wanted: boolean): (node: GraphNode) => ReactNode {
  const heat = useMemo<Heat | null>(() => {
    if (!wanted || !task) return null;
    const now = task.readAt;
    return {
      shares: sharesOf(task, now),
      critical: new Set(criticalPath(task, now).map((step) => step.nodeId)),
    };
  }, [task, wanted]);
  return useCallback(
    (node: GraphNode) => {
      const share = heat?.shares.get(node.id);
      if (share === undefined) return null;
      return <HeatMark share={share} critical={heat?.critical.has(node.id) ?? false} />;
    },
    [heat],
  );
}

export function GraphTab({ definition, live, task, selected, onSelect, edgeExtra }: GraphTabProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const graph = useMemo(() => graphOf(definition), [definition]);
  const nodeExtra = useHeat(task, wanted);
  const choose = (key: NodeKey | null): void => {
    const found = key === null ? undefined : find(definition, key);
    if (key === null || found) onSelect(found ? idOf(found.node) : null);
  };
  const press = (event: KeyboardEvent): void => {
    const node = (event.target as Element).closest('.react-flow__node');
    const key = node?.getAttribute('data-id');
    if (key && (event.key === 'Enter' || event.key === ' ')) choose(key);
  };
  const key = task && selected !== null ? (nodeNamed(task, selected)?.key ?? null) : null;
  return (
    <Stack gap={6}>
      <Switch
        size="sm"
        label={t('debug.heat')}
        checked={wanted}
        onChange={(event) => {
          setWanted(event.currentTarget.checked);
        }}
      />
      <div className="task-graph" onKeyDown={press}>
        <Canvas
          graph={graph}
          live={live}
          selected={key}
          onSelect={choose}
          nodeExtra={nodeExtra}
          {...(edgeExtra ? { edgeExtra } : {})}
        />
      </div>
    </Stack>
  );
}
