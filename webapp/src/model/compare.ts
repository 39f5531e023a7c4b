/** Two tasks side by side: what is the same, and what differs. */

import { type Json, type JsonObject, isObject } from './definition';
import { type Binary, type Known, type RawNode, asBinary, isBinary, nodeIdOf, timeOf } from './rawtask';
import type { NodeState } from './wire';

/** A place where two values differ; undefined on the side where there is nothing. */
export interface Difference {
  path: string;
  a: Json | undefined;
  b: Json | undefined;
}

/** How a binary differs is told only by its bytes: `maybe` where type and size are the same. */
export type Sameness = 'same' | 'different' | 'maybe';

/** A node on both sides, null where a task has none of that id. Of a body's node there is one for each item. */
export interface NodePair {
  id: string;
  nodeId: string;
  a: RawNode | null;
  b: RawNode | null;
  states: [NodeState | null, NodeState | null];
  milliseconds: [number | null, number | null];
  out: Sameness;
  input: Sameness;
}

/** The places where two values differ, down to the last object or list that both have. */
export function differencesOf(a: Json | undefined, b: Json | undefined, path = ''): Difference[] {
  if (sameness(a, b) !== 'different') return [];
  const parts = (value: Json | undefined): Map<string, Json> | null => {
    if (isBinary(value) || value === undefined) return null;
    if (Array.isArray(value)) return new Map(value.map((item, at) => [String(at), item]));
    return isObject(value) ? new Map(Object.entries(value)) : null;
  };
  const [one, other] = [parts(a), parts(b)];
  if (!one || !other || Array.isArray(a) !== Array.isArray(b)) return [{ path, a, b }];
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return names.flatMap((name) => {
    return differencesOf(one.get(name), other.get(name), path ? `${path}.${name}` : name);
  });
}

/** Whether two values are the same, binaries by their type and size. */
export function sameness(a: Json | undefined, b: Json | undefined): Sameness {
  if (isBinary(a) && isBinary(b)) return ofBinaries(asBinary(a), asBinary(b));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length ? all(a, b) : 'different';
  if (!isObject(a) || !isObject(b)) return a === b ? 'same' : 'different';
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length || names.some((name) => !(name in b))) return 'different';
  return all(
    names.map((name) => a[name]),
    names.map((name) => b[name]),
  );
}

function ofBinaries(a: Binary, b: Binary): Sameness {
  if (a.binary === b.binary) return 'same';
  return a.size === b.size && a.type === b.type ? 'maybe' : 'different';
}

function all(a: (Json | undefined)[], b: (Json | undefined)[]): Sameness {
  let found: Sameness = 'same';
  for (const [at, one] of a.entries()) {
    const each = sameness(one, b[at]);
    if (each === 'different') return each;
    if (each === 'maybe') found = each;
  }
  return found;
}

/** Every instance that one of the tasks has: those of the task itself first, then those of the bodies. */
export function pairsOf(a: Known, b: Known): NodePair[] {
  const ids = [...new Set([...Object.keys(a.raw.nodes), ...Object.keys(b.raw.nodes)])];
  const pairs = ids.map((id) => pairOf(id, a.raw.nodes[id] ?? null, b.raw.nodes[id] ?? null));
  const isInner = ({ a: one, b: other }: NodePair): boolean => (one ?? other)?.node !== undefined;
  return [...pairs.filter((pair) => !isInner(pair)), ...pairs.filter(isInner)];
}

function pairOf(id: string, a: RawNode | null, b: RawNode | null): NodePair {
  const state = (node: RawNode | null): NodeState | null => node && node.state;
  const value = (node: RawNode | null, field: 'out' | 'input'): Json => node?.[field] ?? null;
  const either = a ?? b;
  return {
    id,
    nodeId: either ? nodeIdOf(either) : id,
    a,
    b,
    states: [state(a), state(b)],
    milliseconds: [millisecondsOf(a), millisecondsOf(b)],
    out: sameness(value(a, 'out'), value(b, 'out')),
    input: sameness(value(a, 'input'), value(b, 'input')),
  };
}

export function differs(pair: NodePair): boolean {
  return pair.states[0] !== pair.states[1] || pair.out === 'different' || pair.input === 'different';
}

function millisecondsOf(node: RawNode | null): number | null {
  return node?.seconds == null ? null : node.seconds * 1_000;
}

/** How long a task took; null where it runs. */
export function tookOf({ raw }: Known): number | null {
  return raw.ended === null ? null : timeOf(raw.ended) - timeOf(raw.created);
}

/** What a task was given: what its entry received. */
export function givenTo({ raw }: Known): JsonObject {
  const entry = Object.values(raw.nodes).find((node) => node.type === 'entry');
  return entry?.out ?? {};
}

/** The binaries of a value, each with its path. */
export function binariesOf(value: Json | undefined, path = ''): { path: string; value: JsonObject }[] {
  if (isBinary(value)) return [{ path, value }];
  const parts = Array.isArray(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : [];
  return parts.flatMap(([name, item]) => binariesOf(item, path ? `${path}.${name}` : String(name)));
}
