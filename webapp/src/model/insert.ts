/** New nodes: where they are put between others, and what their input is likely to be. */

import {
  type Definition,
  type JsonObject,
  LOOP_END,
  type NodeKey,
  type NodeType,
  idOf,
  isObject,
  placed,
  texts,
  typeOf,
} from './definition';
import { knownOf, suggestions } from './complete';
import { addNode, connect, disconnect, find, freeId, newNode, nextOf, refusal, setFields } from './edit';
import { type EdgeKind, endOf } from './graph';
import type { Service } from './wire';

/** What may be added: a type, and for a service the route of what it calls. */
export interface Item {
  type: NodeType;
  service?: string;
}

export interface Inserted {
  definition: Definition;
  key: NodeKey;
  /** The id of the node that now leads to the new one. */
  after: string | null;
}

/** Ids for types whose names mean something else in paths and code. */
const WISHES: Partial<Record<NodeType, string>> = { node: 'step', loop: 'each' };

/** Types of which a pipeline has one, outside of loops. */
const SINGLE: ReadonlySet<NodeType> = new Set(['entry', 'end']);

/** Whether a node of a type may stand on a level. */
export function mayStand(definition: Definition, type: NodeType, level: NodeKey | null): boolean {
  if (!SINGLE.has(type)) return true;
  return level === null && !placed(definition).some(({ node }) => typeOf(node) === type);
}

/** The key of the loop that a mark at the end of a body belongs to; null for every other key. */
export function loopOfEnd(key: NodeKey): NodeKey | null {
  return key.endsWith(`/${LOOP_END}`) ? key.slice(0, -LOOP_END.length - 1) : null;
}

/** Where something is added that belongs to a selected place: its level, and the node that is to lead to it. */
export function placeFor(
  definition: Definition,
  selected: NodeKey | null,
): { level: NodeKey | null; after: NodeKey | null } {
  if (selected === null) return { level: null, after: null };
  const loop = loopOfEnd(selected);
  if (loop !== null) return { level: loop, after: null };
  const found = find(definition, selected);
  return found ? { level: found.level, after: found.key } : { level: null, after: null };
}

/**
 * Add a node on a level. After a node it is connected to that one, and where that one led to a single other, it stands
 * between both. In a body, what leads nowhere leads to its end.
 */
export function insert(
  definition: Definition,
  item: Item,
  level: NodeKey | null,
  after: NodeKey | null,
  services: Service[],
): Inserted {
  const id = freeId(definition, item.service ?? WISHES[item.type] ?? item.type);
  const { definition: added, key } = addNode(definition, level, newNode(item.type, id, item.service));
  const joined = joinedAfter(added, key, after, item.type);
  const changed = withInput(endInBody(joined, key, level), key, services);
  const before = after === null ? undefined : find(changed, after);
  return { definition: changed, key, after: before && leads(before.node, id) ? idOf(before.node) : null };
}

/** The definition with a new node behind another one, where it may stand there. */
function joinedAfter(
  definition: Definition,
  key: NodeKey,
  after: NodeKey | null,
  type: NodeType,
): Definition {
  const before = after === null ? undefined : find(definition, after);
  const side = before && freeSide(before.node);
  if (!before || !side || refusal(definition, before.key, key, side) !== null) return definition;
  const next = nextOf(before.node, side);
  const between = next.length === 1 && type !== 'end' ? next[0] : undefined;
  if (between === undefined) return connect(definition, before.key, key, side);
  const cut = disconnect(definition, before.key, between, side);
  return leadTo(connect(cut, before.key, key, side), key, between);
}

/** The side of a node that a new successor comes on: of a branch the one that leads nowhere yet. */
function freeSide(node: JsonObject): EdgeKind | null {
  const type = typeOf(node);
  if (type === 'end') return null;
  if (type !== 'branch') return 'next';
  return (['then', 'else'] as const).find((side) => nextOf(node, side).length === 0) ?? 'then';
}

function leads(node: JsonObject, id: string): boolean {
  return (['next', 'then', 'else'] as const).some((kind) => nextOf(node, kind).includes(id));
}

function leadTo(definition: Definition, key: NodeKey, name: string): Definition {
  const found = find(definition, key);
  if (!found) return definition;
  const kind = freeSide(found.node);
  const target =
    name === LOOP_END && found.level !== null
      ? endOf(found.level)
      : placed(definition).find((each) => each.level === found.level && idOf(each.node) === name)?.key;
  return kind && target !== undefined ? connect(definition, key, target, kind) : definition;
}

function endInBody(definition: Definition, key: NodeKey, level: NodeKey | null): Definition {
  const node = find(definition, key)?.node;
  if (level === null || !node) return definition;
  const sides: EdgeKind[] = typeOf(node) === 'branch' ? ['then', 'else'] : ['next'];
  return sides.reduce(
    (changed, side) =>
      nextOf(find(changed, key)?.node ?? {}, side).length === 0
        ? connect(changed, key, endOf(level), side)
        : changed,
    definition,
  );
}

/** The names that an operation or pipeline takes. */
export function namesTaken({ api, nodes }: Service): string[] {
  const entry = placed({ type: 'pipeline', nodes }).find(({ node }) => typeOf(node) === 'entry')?.node['api'];
  const body = api?.body ?? (isObject(entry) ? (entry['body'] ?? null) : null);
  if (typeof body === 'string') return [body];
  return isObject(body) ? Object.keys(body) : texts(body);
}

/**
 * The node with an input for what its service takes, where a path to a value of the same name is known; the names for which
 * none is known get an empty one, which the check names as long as nobody fills it in.
 */
function withInput(definition: Definition, key: NodeKey, services: Service[]): Definition {
  const node = find(definition, key)?.node;
  const service = services.find(({ state }) => state.route === node?.['service']);
  if (!node || !service) return definition;
  const known = suggestions(definition, key, knownOf(services)).map(({ path }) => path);
  const found = namesTaken(service).map(
    (name) => [name, known.find((path) => path.endsWith(`.out.${name}`)) ?? ''] as const,
  );
  if (!found.some(([, path]) => path)) return definition;
  return setFields(definition, key, { input: Object.fromEntries(found) });
}
