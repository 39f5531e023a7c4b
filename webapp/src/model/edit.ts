/** Changes of a definition. None changes what it is given; each gives a new definition, or says why there is none. */

import {
  type Definition,
  ID_PATTERN,
  type Json,
  type JsonObject,
  LOOP_END,
  type NodeKey,
  type NodeType,
  type Placed,
  RESERVED_IDS,
  idOf,
  isObject,
  placed,
  texts,
  typeOf,
} from './definition';
import type { EdgeKind } from './graph';
import { renamedPath } from './paths';
import { withCodeRenamed } from './rename-code';

/** Why a connection is refused: a key of the translations. */
export type Refusal =
  | 'sameNode'
  | 'otherLevel'
  | 'intoEntry'
  | 'fromEnd'
  | 'alreadyThere'
  | 'noSide'
  | 'endless'
  | 'notANode'
  | 'unknownNode';

export function find(definition: Definition, key: NodeKey): Placed | undefined {
  return placed(definition).find((each) => each.key === key);
}

/** The definition with another node in this place; `undefined` takes it out. */
function replaced(definition: Definition, key: NodeKey, node: JsonObject | undefined): Definition {
  const steps = key.split('/').slice(1);
  const change = (value: Json, rest: string[]): Json => {
    const [step, ...deeper] = rest;
    if (step === undefined) return node ?? null;
    if (Array.isArray(value)) {
      const index = Number(step);
      if (deeper.length === 0 && node === undefined) return value.filter((_, at) => at !== index);
      return value.map((item, at) => (at === index ? change(item, deeper) : item));
    }
    return isObject(value) ? { ...value, [step]: change(value[step] ?? null, deeper) } : value;
  };
  return change(definition as unknown as Json, steps) as unknown as Definition;
}

/** Set fields of a node; those that are undefined are taken out. */
export function setFields(
  definition: Definition,
  key: NodeKey,
  fields: Record<string, Json | undefined>,
): Definition {
  const found = find(definition, key);
  if (!found) return definition;
  const node = Object.entries({ ...found.node, ...fields }).filter((entry) => entry[1] !== undefined);
  return replaced(definition, key, Object.fromEntries(node) as JsonObject);
}

/** Every id of the pipeline. */
export function idsOf(definition: Definition): Set<string> {
  return new Set(placed(definition).map(({ node }) => idOf(node)));
}

/** An id that is not taken, made from a wish. */
export function freeId(definition: Definition, wish: string): string {
  const taken = idsOf(definition);
  const base = wish.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, 90) || 'node';
  const isFree = (id: string): boolean => !taken.has(id) && !RESERVED_IDS.has(id);
  if (isFree(base)) return base;
  for (let number = 2; ; number += 1) if (isFree(`${base}${number}`)) return `${base}${number}`;
}

/** What a new node of a type holds, so that nothing but its connections is missing. */
export function newNode(type: NodeType, id: string, service?: string): JsonObject {
  switch (type) {
    case 'entry':
      return { id, type, api: { route: 'my-pipeline', body: ['image'] }, next: [] };
    case 'service':
      return { id, type, service: service ?? '', next: [] };
    case 'http':
      return { id, type, url: 'https://', next: [] };
    case 'branch':
      return { id, type, if: 'True', then: { next: [] }, else: { next: [] } };
    case 'loop': {
      const body = { id: `${id}Item`, type: 'node', next: [LOOP_END] };
      return { id, type, items: '', nodes: [body], collect: {}, next: [] };
    }
    case 'end': // without `input` it gives on all that reaches it, with an empty one nothing
      return { id, type };
    default:
      return { id, type, next: [] };
  }
}

/** Add a node at the end of a level; gives its key too. */
export function addNode(
  definition: Definition,
  level: NodeKey | null,
  node: JsonObject,
): { definition: Definition; key: NodeKey } {
  if (level === null) {
    const key = `/nodes/${definition.nodes.length}`;
    return { definition: { ...definition, nodes: [...definition.nodes, node] }, key };
  }
  const around = find(definition, level);
  const body = around && Array.isArray(around.node['nodes']) ? around.node['nodes'] : [];
  const changed = setFields(definition, level, { nodes: [...body, node] });
  return { definition: changed, key: `${level}/nodes/${body.length}` };
}

/** Take nodes out, with all that leads to them by `next`. */
export function removeNodes(definition: Definition, keys: Iterable<NodeKey>): Definition {
  const gone = [...keys].map((key) => find(definition, key)).filter((each) => each !== undefined);
  let changed = definition;
  for (const { level, node } of gone) {
    for (const other of placed(changed).filter((each) => each.level === level)) {
      changed = replaced(changed, other.key, without(other.node, idOf(node)));
    }
  }
  const last = gone.map((each) => each.key).sort((a, b) => compareKeys(b, a));
  return last.reduce((before, key) => replaced(before, key, undefined), changed);
}

/** Keys in the order of the document, by number and not by digit. */
export function compareKeys(a: NodeKey, b: NodeKey): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function without(node: JsonObject, id: string): JsonObject {
  return mappedNext(node, (next) => next.filter((name) => name !== id));
}

/** The node with every list of successors changed. */
function mappedNext(node: JsonObject, change: (next: string[]) => string[]): JsonObject {
  const changed = { ...node };
  if (Array.isArray(node['next'])) changed['next'] = change(texts(node['next']));
  for (const side of ['then', 'else']) {
    const held = node[side];
    if (isObject(held) && Array.isArray(held['next'])) {
      changed[side] = { ...held, next: change(texts(held['next'])) };
    }
  }
  return changed;
}

/** Why an edge cannot be drawn; null where it can. */
export function refusal(
  definition: Definition,
  source: NodeKey,
  target: NodeKey,
  kind: EdgeKind,
): Refusal | null {
  const from = find(definition, source);
  if (!from) return 'notANode';
  if (source === target) return 'sameNode';
  if (typeOf(from.node) === 'end') return 'fromEnd';
  if ((typeOf(from.node) === 'branch') === (kind === 'next')) return 'noSide';
  const name = nameAt(definition, from, target);
  if (name === null) return find(definition, target) ? 'otherLevel' : 'unknownNode';
  if (find(definition, target)?.node['type'] === 'entry') return 'intoEntry';
  if (nextOf(from.node, kind).includes(name)) return 'alreadyThere';
  return isEndless(definition, from, name) ? 'endless' : null;
}

/** Whether an edge would close a circle without a branch on it, that is, one that nothing can leave. */
function isEndless(definition: Definition, from: Placed, name: string): boolean {
  if (typeOf(from.node) === 'branch') return false;
  const level = placed(definition).filter((each) => each.level === from.level);
  const nodes = new Map(level.map(({ node }) => [idOf(node), node]));
  const waiting = [name];
  const seen = new Set(waiting);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === idOf(from.node)) return true;
    const node = nodes.get(id);
    if (!node || typeOf(node) === 'branch') continue;
    for (const next of texts(node['next'])) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return false;
}

/** Why an edge cannot lead elsewhere; null where it can. `name`: what it names now. */
export function moveRefusal(
  definition: Definition,
  edge: { source: NodeKey; name: string; kind: EdgeKind },
  to: { source: NodeKey; target: NodeKey; kind: EdgeKind },
): Refusal | null {
  return refusal(disconnect(definition, edge.source, edge.name, edge.kind), to.source, to.target, to.kind);
}

/** The name by which a node calls another one of its level, or the end of its body; null where it cannot. */
function nameAt(definition: Definition, from: Placed, target: NodeKey): string | null {
  if (from.level !== null && target === `${from.level}/${LOOP_END}`) return LOOP_END;
  const to = find(definition, target);
  return to && to.level === from.level ? idOf(to.node) : null;
}

export function nextOf(node: JsonObject, kind: EdgeKind): string[] {
  if (kind === 'next') return texts(node['next']);
  const side = node[kind];
  return isObject(side) && Array.isArray(side['next']) ? texts(side['next']) : texts(node['next']);
}

/** Let an edge be; the caller has asked for a refusal. */
export function connect(
  definition: Definition,
  source: NodeKey,
  target: NodeKey,
  kind: EdgeKind,
): Definition {
  const from = find(definition, source);
  const name = from && nameAt(definition, from, target);
  if (!from || !name) return definition;
  return withNext(definition, from, kind, [...nextOf(from.node, kind), name]);
}

export function disconnect(
  definition: Definition,
  source: NodeKey,
  name: string,
  kind: EdgeKind,
): Definition {
  const from = find(definition, source);
  if (!from) return definition;
  return withNext(
    definition,
    from,
    kind,
    nextOf(from.node, kind).filter((each) => each !== name),
  );
}

function withNext(definition: Definition, from: Placed, kind: EdgeKind, next: string[]): Definition {
  if (kind === 'next') return setFields(definition, from.key, { next });
  const side = from.node[kind];
  const held: JsonObject = isObject(side) ? side : typeof side === 'string' ? { exec: side } : {};
  return setFields(definition, from.key, { [kind]: { ...held, next } });
}

/** Whether an id can be given to a node: a key of the translations where it cannot. */
export function idFault(definition: Definition, key: NodeKey, id: string): string | null {
  if (!ID_PATTERN.test(id)) return 'idPattern';
  if (RESERVED_IDS.has(id)) return 'idReserved';
  const other = placed(definition).some((each) => each.key !== key && idOf(each.node) === id);
  return other ? 'idTaken' : null;
}

/** Fields that hold paths, by name. */
const PATHS = ['input', 'collect', 'out'] as const;

/** Give a node another id, in every `next`, path and code that names it. Of code what is not sure is left: the check names it. */
export function rename(definition: Definition, key: NodeKey, id: string): Definition {
  const found = find(definition, key);
  if (!found) return definition;
  const old = idOf(found.node);
  let changed = setFields(definition, key, { id });
  for (const each of placed(changed)) {
    let node = each.node;
    if (each.level === found.level) {
      node = mappedNext(node, (next) => next.map((name) => (name === old ? id : name)));
    }
    changed = replaced(changed, each.key, withCodeRenamed(withPaths(node, old, id), old, id));
  }
  return changed;
}

function withPaths(node: JsonObject, old: string, id: string): JsonObject {
  const changed: JsonObject = { ...node };
  const fix = (value: Json): Json => (typeof value === 'string' ? renamedPath(value, old, id) : value);
  const all = (value: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(value).map(([name, path]) => [name, fix(path)]));
  for (const field of PATHS) {
    const value = node[field];
    if (isObject(value)) changed[field] = all(value);
  }
  if (typeof node['items'] === 'string') changed['items'] = fix(node['items']);
  for (const side of ['then', 'else']) {
    const held = node[side];
    const out = isObject(held) ? held['out'] : undefined;
    if (isObject(held) && isObject(out)) changed[side] = { ...held, out: all(out) };
  }
  return changed;
}
