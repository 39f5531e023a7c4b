/** What the engine answers, as far as the page reads it. */

import type { Json, JsonObject } from './definition';

/** A running service that offers an operation. `retry_in`: seconds until it is called again, null where it is called. */
export interface Instance {
  url: string;
  alive: boolean;
  calls: number;
  breaker: 'closed' | 'open' | 'half-open';
  failures: number;
  retry_in: number | null;
}

/** A route: a pipeline that somebody has posted, or an operation that a service has announced. */
export interface Service {
  type: 'pipeline' | 'service';
  nodes: Json[];
  state: { route: string; version: number; away: string[]; instances?: Instance[]; broken?: JsonObject[] };
  api?: { summary?: string; description?: string; body: Json; result?: JsonObject };
}

export type TaskStatus = 'running' | 'finished' | 'error';
export type NodeState = 'pending' | 'running' | 'finished' | 'skipped' | 'error' | 'cancelled';

export interface NodeView {
  state: NodeState;
  waiting?: string;
  error?: string;
  items?: { total: number; done: number };
}

export interface Status {
  status: TaskStatus;
  message?: string;
  jobId: string;
  route: string;
  version: number;
  created: string;
  ended: string | null;
  progress: { done: number; total: number };
  nodes: Record<string, NodeView>;
}

export interface TaskRow {
  jobId: string;
  route: string;
  status: TaskStatus;
  created: string;
  ended: string | null;
}

export interface TaskPage {
  tasks: TaskRow[];
  next: string | null;
}

export interface Version {
  version: number;
  created: string;
  open: boolean;
  nodes: Json[];
}

export interface Stats {
  jobs: { total: number; running: number; finished: number; failed: number };
  services: Record<string, number>;
  routes: Record<string, Stats['jobs']>;
}

/** Of each store a text that says why it is away, or `ready`; those that are away once more, with since when. */
export interface Ready {
  status: string;
  stores: Record<string, string>;
  away?: { store: string; reason: string; since: string | null; seconds: number | null }[];
  reason?: string;
}

/** One event of a stream: see `GET /tasks/{id}/events`. */
export interface TaskEvent {
  kind: 'node' | 'task' | 'item';
  id: string;
  task: string;
  route: string;
  at: string;
  node: string | null;
  state: NodeState;
  detail?: string;
  /** The index of the item, in a loop's body. */
  item?: number;
  /** The id in the definition, where `node` is the id of an instance. */
  of?: string;
}
