/** A node of another type. */

import { type Json, type JsonObject, type NodeType, idOf } from '../../model/definition';
import { newNode } from '../../model/edit';

const OF_ALL: ReadonlySet<string> = new Set(['id', 'type', 'next']);

/** What to set: fields that a new node of the old type has, and that were left so, go; those that the new type needs come. */
export function retyped(
  node: JsonObject,
  from: NodeType | null,
  to: NodeType,
): Record<string, Json | undefined> {
  const old = from === null ? {} : newNode(from, idOf(node));
  const needed = newNode(to, idOf(node));
  const fields: Record<string, Json | undefined> = { type: to };
  for (const [name, value] of Object.entries(old)) {
    const isUntouched = JSON.stringify(value) === JSON.stringify(node[name]);
    if (!OF_ALL.has(name) && isUntouched) fields[name] = undefined;
  }
  for (const [name, value] of Object.entries(needed)) {
    if (!OF_ALL.has(name) && node[name] === undefined) fields[name] = value;
  }
  return fields;
}
