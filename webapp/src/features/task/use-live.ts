/** The states of a task as they change, and its definition. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useReducer, useState } from 'react';

import { listen } from '../../api/events';
import { status as statusQuery, versions } from '../../api/queries';
import { type Live, UNKNOWN, withEvent, withStatus } from '../../model/live';
import type { Definition } from '../../model/definition';
import type { Status, TaskEvent } from '../../model/wire';

type Change = { event: TaskEvent; task: string } | { status: Status };

function changed(live: Live, change: Change): Live {
  return 'event' in change ? withEvent(live, change.event, change.task) : withStatus(live, change.status);
}

export interface Watched {
  live: Live;
  status: Status | undefined;
  definition: Definition | null;
  connected: boolean;
  error: unknown;
}

export function useLive(taskId: string): Watched {
  const [live, change] = useReducer(changed, UNKNOWN);
  const [connected, setConnected] = useState(true);
  const { data: status, error, refetch } = useQuery(statusQuery(taskId));
  useEffect(
    () =>
      listen(taskId, {
        event: (event) => {
          change({ event, task: taskId });
        },
        connected: setConnected,
      }),
    [taskId],
  );
  useEffect(() => {
    if (status) change({ status });
  }, [status]);
  useEffect(() => {
    if (live.status !== 'running') void refetch(); // when it ended, and after how long, stands there
  }, [live.status, refetch]);
  const known = useQuery({ ...versions(status?.route ?? ''), enabled: status !== undefined });
  const definition = useMemo<Definition | null>(() => {
    const own = known.data?.find((each) => each.version === status?.version);
    return own ? { type: 'pipeline', nodes: own.nodes } : null;
  }, [known.data, status?.version]);
  return { live, status, definition, connected, error };
}
