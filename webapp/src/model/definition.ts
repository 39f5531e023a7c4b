/**
 * A pipeline's definition as JSON: what is read from the engine, imported from a file, or being written. It may hold any
 * mistake, and fields that this page does not know; both are kept as they are.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const NODE_TYPES = ['entry', 'node', 'service', 'http', 'branch', 'loop', 'end'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** What the `next` of a loop's body names where an instance of the body ends. */
export const LOOP_END = 'loopEnd';

/** Names that mean something else in paths and code, and are no ids. */
export const RESERVED_IDS: ReadonlySet<string> = new Set(['node', 'pipeline', 'input', 'loop', LOOP_END]);

/** The pattern of a node's id, as the engine checks it. */
export const ID_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

export interface Definition {
  type: 'pipeline';
  nodes: Json[];
}

/** A JSON pointer (RFC 6901) to a node: `/nodes/2/nodes/0`. It tells apart nodes that have the same id by mistake. */
export type NodeKey = string;

/** A node, where it stands, and on which level: the key of the loop around it, or null. */
export interface Placed {
  key: NodeKey;
  level: NodeKey | null;
  node: JsonObject;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value may be drawn and edited: an object with a list of nodes. */
export function isDefinition(value: Json): value is JsonObject & { nodes: Json[] } {
  return isObject(value) && Array.isArray(value['nodes']);
}

/** The id of a node, or an empty text where it has none. */
export function idOf(node: JsonObject): string {
  return typeof node['id'] === 'string' ? node['id'] : '';
}

/** The type of a node; null where it is none that there is. Without one it is a plain node. */
export function typeOf(node: JsonObject): NodeType | null {
  const type = node['type'] ?? 'node';
  return (NODE_TYPES as readonly Json[]).includes(type) ? (type as NodeType) : null;
}

/** The strings of a list, or none where it is no list. */
export function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** All nodes that are objects, a loop before what it holds. */
export function placed(definition: Definition): Placed[] {
  const found: Placed[] = [];
  const visit = (nodes: Json[], prefix: string, level: NodeKey | null): void => {
    nodes.forEach((node, index) => {
      if (!isObject(node)) return;
      const key = `${prefix}/${index}`;
      found.push({ key, level, node });
      if (typeOf(node) === 'loop' && Array.isArray(node['nodes'])) visit(node['nodes'], `${key}/nodes`, key);
    });
  };
  visit(definition.nodes, '/nodes', null);
  return found;
}

/** The route of a pipeline; an empty text where its entry names none. */
export function routeOf(definition: Definition): string {
  const entry = placed(definition).find(({ node }) => typeOf(node) === 'entry');
  const api = entry?.node['api'];
  const route = isObject(api) ? api['route'] : undefined;
  return typeof route === 'string' ? route : '';
}

/** The routes of the operations and pipelines that a pipeline calls, each once. */
export function servicesOf(definition: Definition): string[] {
  const named = placed(definition).map(({ node }) => node['service']);
  return [...new Set(named.filter((name): name is string => typeof name === 'string'))];
}
