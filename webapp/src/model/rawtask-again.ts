/** Running a task again from one of its nodes: which nodes it takes over, and which run anew. */

import { type Definition, LOOP_END, type NodeKey } from './definition';
import { graphOf } from './graph';
import { type Known, loopsAround } from './rawtask';

/** `anew` run again, `reused` keep what they gave, `missing` have not finished and are waited for in vain. */
export interface Again {
  from: string;
  anew: string[];
  reused: string[];
  missing: string[];
}

/** A body is run again with its whole loop: the node from which the engine can begin. */
export function startFor(known: Known, id: string): string {
  return loopsAround(known, id)[0] ?? id;
}

/** What happens to the nodes of a definition if the task is run again from one of them. */
export function againFrom(known: Known, definition: Definition, from: string): Again {
  const { nodes, edges } = graphOf(definition);
  const own = nodes.filter(
    ({ parent, id, kind }) => parent === null && id !== LOOP_END && kind !== 'missing',
  );
  const next = new Map<NodeKey, NodeKey[]>();
  const before = new Map<NodeKey, NodeKey[]>();
  for (const { source, target, back } of edges) {
    if (back) continue;
    next.set(source, [...(next.get(source) ?? []), target]);
    before.set(target, [...(before.get(target) ?? []), source]);
  }
  const start = own.find(({ id }) => id === from);
  if (!start) return { from, anew: [], reused: [], missing: [] };
  const behind = reached(start.key, next);
  const needed = reached(start.key, before);
  const again: Again = { from, anew: [], reused: [], missing: [] };
  for (const { key, id } of own) {
    const state = known.raw.nodes[id]?.state;
    if (behind.has(key)) again.anew.push(id);
    else if (state === 'finished') again.reused.push(id);
    else if (needed.has(key) && state !== 'skipped') again.missing.push(id);
    else again.anew.push(id);
  }
  return again;
}

function reached(start: NodeKey, edges: ReadonlyMap<NodeKey, NodeKey[]>): Set<NodeKey> {
  const found = new Set([start]);
  const open = [start];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const each of edges.get(key) ?? []) {
      if (!found.has(each)) open.push(each);
      found.add(each);
    }
  }
  return found;
}

/** The fields of an input that a client has changed, each as JSON text; faults by name where it is none. */
export function changedFields(
  before: Record<string, string>,
  now: Record<string, string>,
): { changed: Record<string, unknown>; faults: Record<string, string> } {
  const changed: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const [name, text] of Object.entries(now)) {
    if (text === before[name]) continue;
    try {
      changed[name] = JSON.parse(text) as unknown;
    } catch (error) {
      faults[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return { changed, faults };
}
