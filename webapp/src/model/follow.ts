/** Which node is which after a change: keys tell where a node stands, and that moves when others come and go. */

import { type Definition, type NodeKey, idOf, placed } from './definition';

/**
 * For nodes of the definition before, their keys in the one after. A node is known by its id; one whose id is gone is the
 * node in the same place, where that is new: so a node that was renamed is still the same.
 */
export function followed(before: Definition, after: Definition): Map<NodeKey, NodeKey> {
  const then = placed(before);
  const now = placed(after);
  const taken = new Map<string, NodeKey>();
  for (const { key, node } of now) if (!taken.has(idOf(node))) taken.set(idOf(node), key);
  const known = new Set(then.map(({ node }) => idOf(node)));
  const ids = new Map(now.map(({ key, node }) => [key, idOf(node)]));
  const found = new Map<NodeKey, NodeKey>();
  for (const { key, node } of then) {
    const id = idOf(node);
    const here = ids.get(key);
    if (here === id) found.set(key, key);
    else if (taken.has(id)) found.set(key, taken.get(id) ?? key);
    else if (here !== undefined && !known.has(here)) found.set(key, key);
  }
  return found;
}
