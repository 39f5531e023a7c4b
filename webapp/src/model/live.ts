/** The states of a task's nodes as events tell them, over what its status said. */

import type { NodeState, NodeView, Status, TaskEvent, TaskStatus } from './wire';

/** A node of the definition. `instances` are those of a body's node, by their ids; `items` those of a loop, by the loop's own instance and
 * their index. */
export interface NodeLive {
  state: NodeState;
  detail: string;
  instances: ReadonlyMap<string, NodeState>;
  items: ReadonlyMap<string, NodeState>;
  total: number | null;
}

export interface Live {
  status: TaskStatus;
  message: string;
  nodes: ReadonlyMap<string, NodeLive>;
}

const NOTHING: NodeLive = {
  state: 'pending',
  detail: '',
  instances: new Map(),
  items: new Map(),
  total: null,
};
export const UNKNOWN: Live = { status: 'running', message: '', nodes: new Map() };

function fromView(view: NodeView, known: NodeLive | undefined): NodeLive {
  const base = known ?? NOTHING;
  return {
    ...base,
    state: view.state,
    detail: view.error ?? view.waiting ?? '',
    total: view.items?.total ?? base.total,
  };
}

/** Take over what the status says; what only events tell stays. */
export function withStatus(live: Live, status: Status): Live {
  const nodes = new Map(live.nodes);
  for (const [id, view] of Object.entries(status.nodes)) nodes.set(id, fromView(view, nodes.get(id)));
  return { status: status.status, message: status.message ?? '', nodes };
}

/** What has changed by an event of the task with this id. */
export function withEvent(live: Live, event: TaskEvent, taskId: string): Live {
  if (event.kind === 'task') {
    if (event.task !== taskId) return live;
    const status = event.state === 'finished' || event.state === 'error' ? event.state : 'running';
    return { ...live, status, message: status === 'error' ? (event.detail ?? live.message) : '' };
  }
  const id = event.of ?? event.node;
  if (event.task !== taskId || id === null) return live;
  const nodes = new Map(live.nodes);
  nodes.set(id, changed(nodes.get(id) ?? NOTHING, event));
  return { ...live, nodes };
}

function changed(node: NodeLive, event: TaskEvent): NodeLive {
  if (event.kind === 'item') {
    return { ...node, items: new Map(node.items).set(`${event.node ?? ''}#${event.item ?? 0}`, event.state) };
  }
  if (event.item !== undefined) {
    const instances = new Map(node.instances).set(event.node ?? '', event.state);
    return { ...node, instances, state: sumOf(instances.values()), detail: event.detail ?? node.detail };
  }
  const begins = event.state === 'running' && node.state !== 'running';
  const items = begins ? new Map<string, NodeState>() : node.items;
  return { ...node, state: event.state, detail: event.detail ?? '', items };
}

/** One state for many: an error is seen first, then what still goes on. */
export function sumOf(states: Iterable<NodeState>): NodeState {
  const all = new Set(states);
  for (const state of ['error', 'running', 'finished', 'skipped'] as const) if (all.has(state)) return state;
  return 'pending';
}

/** How many are in which state. */
export function countsOf(states: Iterable<NodeState>): Partial<Record<NodeState, number>> {
  const counts: Partial<Record<NodeState, number>> = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
