/** The states of a task as they change, its definition, and the whole of it, asked for now and then. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useReducer, useRef, useState } from 'react';

import { listen } from '../../api/events';
import { status as statusQuery } from '../../api/queries';
import { rawTask, taskDefinition } from '../../api/rawtask';
import { type Live, UNKNOWN, withEvent, withStatus } from '../../model/live';
import type { Definition } from '../../model/definition';
import { type Known, known } from '../../model/rawtask';
import type { Status, TaskEvent } from '../../model/wire';

type Change = { event: TaskEvent; task: string } | { status: Status };

function changed(live: Live, change: Change): Live {
  return 'event' in change ? withEvent(live, change.event, change.task) : withStatus(live, change.status);
}

export interface Watched {
  live: Live;
  status: Status | undefined;
  definition: Definition | null;
  /** The version of the definition; 0 where it is the task's own. */
  version: number;
  /** What the nodes were given and gave; null until it was asked for. */
  task: Known | null;
  connected: boolean;
  error: unknown;
}

export function useLive(taskId: string): Watched {
  const [live, change] = useReducer(changed, UNKNOWN);
  const [connected, setConnected] = useState(true);
  const [endedAt, setEndedAt] = useState(Infinity);
  const last = useRef('');
  const { data: status, dataUpdatedAt, error, refetch } = useQuery(statusQuery(taskId));
  const { data: raw, dataUpdatedAt: readAt, refetch: readAgain } = useQuery(rawTask(taskId));
  const { data: own } = useQuery(taskDefinition(taskId));
  // The stream ends with the task; one that was taken up again since is listened to again.
  const listening = endedAt === Infinity || (status?.status === 'running' && dataUpdatedAt > endedAt);
  useEffect(() => {
    if (!listening) return;
    const listener = {
      event: (event: TaskEvent) => {
        last.current = event.id;
        change({ event, task: taskId });
      },
      connected: setConnected,
      ended: () => {
        setEndedAt(Date.now());
      },
    };
    return listen(taskId, listener, last.current);
  }, [taskId, listening]);
  useEffect(() => {
    if (status) change({ status });
  }, [status]);
  useEffect(() => {
    if (!connected) return;
    void refetch(); // what was missed, and when it ended, stands there
    void readAgain();
  }, [live.status, connected, refetch, readAgain]);
  const definition = useMemo<Definition | null>(
    () => (own ? { type: 'pipeline', nodes: own.nodes } : null),
    [own],
  );
  const task = useMemo(
    () => (raw && definition ? known(raw, definition, readAt) : null),
    [raw, definition, readAt],
  );
  return { live, status, definition, version: own?.version ?? 0, task, connected, error };
}
