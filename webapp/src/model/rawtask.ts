/** The whole of a task, as `GET /tasks/{id}/raw` tells it: every node of every instance. */

import {
  type Definition,
  type Json,
  type JsonObject,
  type Placed,
  idOf,
  isObject,
  placed,
} from './definition';
import { groupBy } from './grouping';
import type { NodeState, TaskStatus } from './wire';

/** A file of a task, where a value would stand. */
export interface Binary {
  binary: string;
  name: string;
  type: string;
  size: number;
}

/** One call of a service or of an `http` node. `task`: the run of a sub-pipeline that it is. */
export interface Attempt {
  turn: number;
  url: string | null;
  at: string;
  accepted: string | null;
  ended: string | null;
  seconds: number | null;
  error: string | null;
  task?: string;
}

/**
 * One instance of a node. In the body of a loop `node` is its id in the definition, `task` the body's instance (all its
 * nodes have the same), `parent` the task in which the loop stands, `index` the item's and `_loop` the item.
 */
export interface RawNode {
  id: string;
  type: string;
  state: NodeState;
  params?: JsonObject;
  input?: JsonObject | null;
  out: JsonObject | null;
  started: string | null;
  ended: string | null;
  seconds: number | null;
  turn: number;
  error: string | null;
  /** The code field that has failed, as `after` or `then.exec`, and where it is known the line in it, from 1. */
  field?: string;
  line?: number;
  waiting: string | null;
  due?: string | null;
  side?: 'then' | 'else';
  items?: number;
  attempts: Attempt[];
  node?: string;
  task?: string;
  parent?: string;
  index?: number;
  _loop?: Json;
}

/** A line of the task's history; `node` is null where the task itself took on the state. */
export interface Change {
  at: string;
  node: string | null;
  state: NodeState;
  detail?: string;
}

/** `whole` is false where only the beginning of a very large document was read: what stands behind it is empty. */
export interface RawTask {
  id: string;
  route: string;
  version: number;
  status: TaskStatus;
  message: string | null;
  created: string;
  ended: string | null;
  /** The task that was submitted, where this one is the run of a sub-pipeline: only that one can be run again. */
  root?: string;
  nodes: Record<string, RawNode>;
  tasks: Record<string, { node: string; route: string; status: TaskStatus }>;
  history: Change[];
  whole: boolean;
}

export function isBinary(value: Json | undefined): value is JsonObject & Json {
  return isObject(value) && typeof value['binary'] === 'string' && typeof value['size'] === 'number';
}

/** A value that `isBinary` holds of, as what it is. */
export function asBinary(value: JsonObject): Binary {
  return value as unknown as Binary;
}

const BEHIND = { tasks: {}, history: [] };

/** Read the document; `whole` false: the text is only its beginning, cut anywhere. */
export function readRaw(text: string, whole = true): RawTask {
  const read = JSON.parse(whole ? text : `${text.slice(0, endOfNodes(text))}}}`) as RawTask;
  return { ...BEHIND, ...read, whole };
}

/** Where in a cut document the last node ends that is whole. */
function endOfNodes(text: string): number {
  const start = text.indexOf('"nodes":{') + '"nodes":{'.length;
  let depth = 0; // of what stands in `nodes`
  let end = start;
  for (const { 0: piece, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (piece === '{' || piece === '[') depth += 1;
    if (piece === '}' || piece === ']') depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && piece === '}') end = start + index + 1;
  }
  return end;
}

/** A moment as milliseconds since 1970, with the microseconds that a `Date` leaves out. */
export function timeOf(moment: string): number {
  const beyond = /\.\d{3}(\d{1,3})/.exec(moment)?.[1];
  return Date.parse(moment) + (beyond ? Number(beyond.padEnd(3, '0')) / 1_000 : 0);
}

/** The id in the definition of an instance. */
export function nodeIdOf(node: RawNode): string {
  return node.node ?? node.id;
}

/** A task with its definition, and what is looked up in it again and again. */
export interface Known {
  raw: RawTask;
  definition: Definition;
  /** The nodes of the definition by their ids, the first where two have the same. */
  nodes: ReadonlyMap<string, Placed>;
  /** The instances of each node, by its id in the definition, in the order of the document. */
  instances: ReadonlyMap<string, RawNode[]>;
  /** When it was read, in milliseconds since 1970: until then reaches what was running. */
  readAt: number;
}

export function known(raw: RawTask, definition: Definition, readAt = 0): Known {
  const nodes = new Map<string, Placed>();
  for (const each of placed(definition)) if (!nodes.has(idOf(each.node))) nodes.set(idOf(each.node), each);
  return { raw, definition, nodes, instances: groupBy(Object.values(raw.nodes), nodeIdOf), readAt };
}

/** The node of the definition that is meant by its id or by that of an instance; null where there is none. */
export function nodeNamed({ raw, nodes }: Known, name: string): Placed | null {
  const instance = raw.nodes[name];
  return nodes.get(instance ? nodeIdOf(instance) : name) ?? null;
}

/** The instance that is meant: by its own id, or of a node that has several the one most worth a look. */
export function instanceNamed({ raw, instances }: Known, name: string): RawNode | null {
  const own = raw.nodes[name];
  if (own) return own;
  const all = instances.get(name) ?? [];
  const rank: NodeState[] = ['error', 'running', 'finished', 'cancelled', 'skipped', 'pending'];
  for (const state of rank) {
    const found = all.find((each) => each.state === state);
    if (found) return found;
  }
  return null;
}

/** The ids of the loops around a node, the outermost first. */
export function loopsAround({ nodes }: Known, id: string): string[] {
  const byKey = new Map([...nodes.values()].map((each) => [each.key, each]));
  const around: string[] = [];
  for (let level = nodes.get(id)?.level ?? null; level !== null;) {
    const loop = byKey.get(level);
    if (!loop) break;
    around.unshift(idOf(loop.node));
    level = loop.level;
  }
  return around;
}
