/** What a task's nodes had and gave, asked again when nodes have ended, and only of tasks that are not large. */

import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { rawTask } from '../../api/pictures';
import { status as statusQuery, versions } from '../../api/queries';
import { type Graph, graphOf } from '../../model/graph';
import type { Live } from '../../model/live';
import { MOST_NODES, type RawTask, countOf } from '../../model/pictures';

const PAUSE = 400;

export interface TaskRaw {
  raw: RawTask | undefined;
  graph: Graph | null;
  /** How many nodes the task has, where they are too many for their raw to be asked. */
  tooMany: number | null;
}

/** The graph of the version that a task runs, where no other one is given. */
function useGraph(taskId: string, given: Graph | null | undefined): Graph | null {
  const { data: status } = useQuery({ ...statusQuery(taskId), enabled: given === undefined });
  const known = useQuery({
    ...versions(status?.route ?? ''),
    enabled: given === undefined && status !== undefined,
  });
  const own = known.data?.find((each) => each.version === status?.version);
  const found = useMemo(() => (own ? graphOf({ type: 'pipeline', nodes: own.nodes }) : null), [own]);
  return given === undefined ? found : given;
}

/** Changes whenever a node, or an instance of one, has ended. */
function markOf(live: Live): string {
  let ended = 0;
  for (const { state, instances } of live.nodes.values()) {
    if (state === 'finished' || state === 'error') ended += 1;
    for (const each of instances.values()) if (each === 'finished' || each === 'error') ended += 1;
  }
  return `${live.status} ${ended}`;
}

export function useTaskRaw(taskId: string, live: Live, given?: Graph | null): TaskRaw {
  const graph = useGraph(taskId, given);
  const count = countOf(live, graph);
  const isSmall = count <= MOST_NODES;
  const mark = markOf(live);
  const [settled] = useDebouncedValue(mark, PAUSE);
  const isSettled = settled === mark && live.nodes.size > 0;
  const { data: raw } = useQuery(rawTask(taskId, settled, isSmall && isSettled));
  return { raw: isSmall ? raw : undefined, graph, tooMany: isSmall ? null : count };
}
