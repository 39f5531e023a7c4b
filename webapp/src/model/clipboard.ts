/** Nodes as text: copied, they can be pasted into another place, another tab, or a file. */

import {
  type Definition,
  type Json,
  type JsonObject,
  LOOP_END,
  type NodeKey,
  idOf,
  isObject,
  placed,
  texts,
  typeOf,
} from './definition';
import { compareKeys, find, freeId, rename } from './edit';
import { mayStand } from './insert';

/** The nodes of these keys as JSON; what lies in a frame goes with the frame. An empty text where there are none. */
export function copied(definition: Definition, keys: Iterable<NodeKey>): string {
  const wanted = [...new Set(keys)].sort(compareKeys);
  const outer = wanted.filter((key) => !wanted.some((other) => key.startsWith(`${other}/`)));
  const nodes = outer.flatMap((key) => find(definition, key)?.node ?? []);
  return nodes.length ? `${JSON.stringify({ type: 'pipeline', nodes }, null, 2)}\n` : '';
}

/** The nodes that a text holds: a definition, a list of nodes, or one node; null where it is none of these. */
export function nodesIn(text: string): JsonObject[] | null {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  const list = isObject(value)
    ? Array.isArray(value['nodes']) && !value['id']
      ? value['nodes']
      : [value]
    : value;
  if (!Array.isArray(list) || list.length === 0) return null;
  const nodes = list.filter(isObject);
  return nodes.length === list.length && nodes.every((node) => idOf(node) !== '') ? nodes : null;
}

export interface Pasted {
  definition: Definition;
  keys: NodeKey[];
  /** The ids of nodes that have no place there: a second entry, or an end in a body. */
  left: string[];
}

/**
 * Put nodes at the end of a level. Ids that are taken are changed, and with them the connections and paths between what is
 * pasted; connections to anything else are cut.
 */
export function pasted(definition: Definition, level: NodeKey | null, nodes: JsonObject[]): Pasted {
  const left: string[] = [];
  const kept: JsonObject[] = [];
  for (const node of nodes) {
    const type = typeOf(node);
    const second = kept.some((other) => typeOf(other) === type);
    const single = type === 'entry' || type === 'end';
    if (type && single && (second || !mayStand(definition, type, level))) left.push(idOf(node));
    else kept.push(node);
  }
  const names = new Set(kept.map(idOf));
  if (level !== null) names.add(LOOP_END);
  const cut = kept.map((node) => withNames(node, names));
  const fresh = withFreeIds({ type: 'pipeline', nodes: cut }, definition);
  return { ...appended(definition, level, fresh.nodes), left };
}

function appended(
  definition: Definition,
  level: NodeKey | null,
  nodes: Json[],
): { definition: Definition; keys: NodeKey[] } {
  if (level === null) {
    const first = definition.nodes.length;
    const keys = nodes.map((_, index) => `/nodes/${first + index}`);
    return { definition: { ...definition, nodes: [...definition.nodes, ...nodes] }, keys };
  }
  const steps = level.split('/').slice(1);
  const first = find(definition, level)?.node['nodes'];
  const count = Array.isArray(first) ? first.length : 0;
  const change = (value: Json, rest: string[]): Json => {
    const [step, ...deeper] = rest;
    if (step === undefined) {
      const body = isObject(value) && Array.isArray(value['nodes']) ? value['nodes'] : [];
      return isObject(value) ? { ...value, nodes: [...body, ...nodes] } : value;
    }
    if (Array.isArray(value))
      return value.map((each, at) => (at === Number(step) ? change(each, deeper) : each));
    return isObject(value) ? { ...value, [step]: change(value[step] ?? null, deeper) } : value;
  };
  const changed = change(definition as unknown as Json, steps) as unknown as Definition;
  return { definition: changed, keys: nodes.map((_, index) => `${level}/nodes/${count + index}`) };
}

/** The node with successors among these names only. */
function withNames(node: JsonObject, names: ReadonlySet<string>): JsonObject {
  const changed: JsonObject = { ...node };
  const fit = (next: Json | undefined): string[] => texts(next).filter((name) => names.has(name));
  if (Array.isArray(node['next'])) changed['next'] = fit(node['next']);
  for (const side of ['then', 'else']) {
    const held = node[side];
    if (isObject(held) && Array.isArray(held['next'])) changed[side] = { ...held, next: fit(held['next']) };
  }
  return changed;
}

/** The nodes with ids that neither each other nor the definition has. */
function withFreeIds(nodes: Definition, definition: Definition): Definition {
  let changed = nodes;
  const taken = new Set(placed(definition).map(({ node }) => idOf(node)));
  for (const { key, node } of placed(nodes)) {
    const id = idOf(node);
    if (!taken.has(id)) {
      taken.add(id);
      continue;
    }
    const both: Definition = {
      type: 'pipeline',
      nodes: [...definition.nodes, ...changed.nodes, ...[...taken].map(asNode)],
    };
    const free = freeId(both, id.replace(/\d+$/, '') || id);
    taken.add(free);
    changed = rename(changed, key, free);
  }
  return changed;
}

const asNode = (id: string): JsonObject => ({ id });
