/** The difference of two definitions, by node. */

import {
  type Definition,
  type Json,
  type JsonObject,
  type Placed,
  idOf,
  isObject,
  placed,
} from './definition';
import { type Pair, isSame, pairs, without } from './diff-match';
import { rename } from './edit';
import { type EdgeKind, waysOf } from './graph';

export { isSame } from './diff-match';

/** A field that differs, by the keys that lead to it. `undefined`: it is not there. */
export interface FieldChange {
  path: string[];
  before: Json | undefined;
  after: Json | undefined;
}

/** A node that differs. What is added or removed has all its fields as changes. */
export interface NodeChange {
  change: 'added' | 'removed' | 'changed';
  /** Where it is in the second definition, or, where it was removed, in the first. */
  key: string;
  id: string;
  type: string;
  /** The id of the loop around it; null on the outermost level. */
  level: string | null;
  renamedFrom: string | null;
  /** The loop that it was taken out of; null where it did not move. An empty text is the outermost level. */
  movedFrom: string | null;
  fields: FieldChange[];
}

/** An edge that is in one of the two only; both ends by their ids in that one. */
export interface EdgeChange {
  change: 'added' | 'removed';
  source: string;
  target: string;
  kind: EdgeKind;
}

export interface Difference {
  nodes: NodeChange[];
  edges: EdgeChange[];
  /** Fields beside `nodes`. */
  other: FieldChange[];
  /** Whether the nodes stand in another order, which means nothing but in a loop's body, where the first starts. */
  reordered: boolean;
}

export function difference(before: Definition, after: Definition): Difference {
  const all = pairs(before, after);
  const renamed = new Map<string, string>();
  for (const pair of all) {
    if (pair.before && pair.after && idOf(pair.before.node) !== idOf(pair.after.node)) {
      renamed.set(idOf(pair.before.node), idOf(pair.after.node));
    }
  }
  const following = new Map(placed(renamedAll(before, all)).map((each) => [each.key, each.node]));
  const nodes = all.map((pair) => nodeChange(pair, all, following)).filter((each) => each !== null);
  const found = { nodes, edges: edgeChanges(before, after, renamed), other: otherChanges(before, after) };
  const silent = nodes.length + found.edges.length + found.other.length === 0;
  return { ...found, reordered: silent && !isSameDefinition(before, after) };
}

/** Whether nothing at all differs, except the order of keys. */
export function isSameDefinition(one: Definition, other: Definition): boolean {
  return isSame(plain(one), plain(other));
}

/** A definition without what only answers of the engine bear. */
export function plain(definition: Definition): JsonObject & Definition {
  return {
    ...without(definition as unknown as JsonObject, 'state'),
    type: 'pipeline',
    nodes: definition.nodes,
  };
}

/** The first definition with the ids of the second, in every path that names them. */
function renamedAll(before: Definition, all: Pair[]): Definition {
  return all.reduce(
    (changed, pair) =>
      pair.before && pair.after && idOf(pair.before.node) !== idOf(pair.after.node)
        ? rename(changed, pair.before.key, idOf(pair.after.node))
        : changed,
    before,
  );
}

function nodeChange(pair: Pair, all: Pair[], following: Map<string, JsonObject>): NodeChange | null {
  const { before, after } = pair;
  if (before && after) return changed(before, after, all, following);
  const shown = after ?? before;
  if (!shown) return null;
  const fields = fieldChanges(before?.node ?? {}, after?.node ?? {});
  return {
    ...described(shown, all, after ? 'after' : 'before'),
    change: after ? 'added' : 'removed',
    fields,
  };
}

function described(
  shown: Placed,
  all: Pair[],
  side: 'before' | 'after',
): Omit<NodeChange, 'change' | 'fields'> {
  const { type } = shown.node;
  return {
    key: shown.key,
    id: idOf(shown.node),
    type: typeof type === 'string' ? type : 'node',
    level: loopOf(shown, all, side),
    renamedFrom: null,
    movedFrom: null,
  };
}

function changed(
  before: Placed,
  after: Placed,
  all: Pair[],
  following: Map<string, JsonObject>,
): NodeChange | null {
  const base = described(after, all, 'after');
  const renamedFrom = idOf(before.node) === base.id ? null : idOf(before.node);
  const movedFrom = isMoved(before, after, all) ? (loopOf(before, all, 'before') ?? '') : null;
  // A path that only follows a node which was renamed says nothing new.
  const same = fieldsOf(following.get(before.key) ?? before.node);
  const fields = fieldChanges(before.node, after.node).filter(
    (field) => !isSame(same.get(nameOf(field.path))?.value, field.after),
  );
  if (!fields.length && renamedFrom === null && movedFrom === null) return null;
  return { ...base, change: 'changed', renamedFrom, movedFrom, fields };
}

function loopOf(node: Placed, all: Pair[], side: 'before' | 'after'): string | null {
  const loop = all.find((pair) => pair[side]?.key === node.level)?.[side];
  return loop ? idOf(loop.node) : null;
}

/** Whether the loops around the two are not the same loop. */
function isMoved(before: Placed, after: Placed, all: Pair[]): boolean {
  if (after.level === null) return before.level !== null;
  return before.level !== all.find((pair) => pair.after?.key === after.level)?.before?.key;
}

interface Field {
  path: string[];
  value: Json;
}

const nameOf = (path: string[]): string => JSON.stringify(path);

/** What a node holds, down to what is no object; without its id, its successors (edges) and its body (nodes). */
function fieldsOf(node: JsonObject): Map<string, Field> {
  const { nodes } = node;
  const found = new Map<string, Field>();
  const visit = (path: string[], value: Json): void => {
    if (isObject(value) && Object.keys(value).length) {
      for (const [name, inner] of Object.entries(value)) visit([...path, name], inner);
    } else found.set(nameOf(path), { path, value });
  };
  for (const [name, value] of Object.entries(without(node, 'id', 'next', 'nodes'))) {
    const side = name === 'then' || name === 'else' ? sideOf(value) : value;
    if (side !== null || value === null) visit([name], side);
  }
  const first = Array.isArray(nodes) ? nodes[0] : undefined;
  if (isObject(first)) visit(['nodes', '0'], idOf(first));
  return found;
}

/** A side of a branch without its successors, a text as the code that it is; null where nothing is left. */
function sideOf(side: Json): Json {
  if (typeof side === 'string') return { exec: side };
  if (!isObject(side)) return side;
  const rest = without(side, 'next');
  return Object.keys(rest).length ? rest : null;
}

function fieldChanges(before: JsonObject, after: JsonObject): FieldChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const changes: FieldChange[] = [];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [one, other] = [old.get(name), now.get(name)];
    if (!isSame(one?.value, other?.value)) {
      changes.push({ path: (other ?? one)?.path ?? [], before: one?.value, after: other?.value });
    }
  }
  return changes;
}

function otherChanges(before: Definition, after: Definition): FieldChange[] {
  return fieldChanges(without(plain(before), 'nodes'), without(plain(after), 'nodes'));
}

/** The edges that only one of the two has; ids of the first are taken as what they are called in the second. */
function edgeChanges(before: Definition, after: Definition, renamed: Map<string, string>): EdgeChange[] {
  const now = edgesOf(after, new Map());
  const old = edgesOf(before, renamed);
  return [
    ...[...old]
      .filter(([name]) => !now.has(name))
      .map(([, edge]) => ({ ...edge, change: 'removed' as const })),
    ...[...now].filter(([name]) => !old.has(name)).map(([, edge]) => ({ ...edge, change: 'added' as const })),
  ];
}

function edgesOf(
  definition: Definition,
  renamed: Map<string, string>,
): Map<string, Omit<EdgeChange, 'change'>> {
  const called = (id: string): string => renamed.get(id) ?? id;
  const edges = new Map<string, Omit<EdgeChange, 'change'>>();
  for (const { node } of placed(definition)) {
    for (const { kind, next } of waysOf(node)) {
      for (const target of next) {
        edges.set(nameOf([called(idOf(node)), kind, called(target)]), { source: idOf(node), target, kind });
      }
    }
  }
  return edges;
}
