/** Which node of one definition is which of another: by id, then by what it holds. */

import {
  type Definition,
  type Json,
  type JsonObject,
  type Placed,
  idOf,
  isObject,
  placed,
} from './definition';

/** A node in both, or in one of them only. */
export interface Pair {
  before: Placed | null;
  after: Placed | null;
}

/** Whether two values are the same, whatever the order of their keys. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return canonical(one) === canonical(other);
}

/** A value as text in which the keys of objects are in order. */
export function canonical(value: Json | undefined): string {
  const sorted = (_: string, inner: Json): Json =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner;
  return value === undefined ? '' : JSON.stringify(value, sorted);
}

/** What a node holds apart from its id and where it leads to; a loop's body by its ids. */
function content(node: JsonObject): string {
  const held = without(node, 'id', 'next');
  for (const side of ['then', 'else']) if (isObject(held[side])) held[side] = without(held[side], 'next');
  if (Array.isArray(held['nodes']))
    held['nodes'] = held['nodes'].map((each) => (isObject(each) ? idOf(each) : each));
  // One that holds nothing is like any other such; where it leads to must tell.
  const isPlain = Object.keys(held).every((field) => field === 'type');
  return canonical(isPlain ? { ...held, next: node['next'] ?? [] } : held);
}

/** An object without some of its fields. */
export function without(object: JsonObject, ...fields: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}

/** All nodes of both, in the order of the second, with those that are gone where they were. */
export function pairs(before: Definition, after: Definition): Pair[] {
  const left = placed(before);
  const right = placed(after);
  const partner = new Map<Placed, Placed>(); // after -> before
  const taken = new Set<Placed>();
  const match = (by: (each: Placed) => string): void => {
    for (const each of right.filter((one) => !partner.has(one))) {
      const wish = by(each);
      const found = left.find((one) => !taken.has(one) && by(one) === wish);
      if (found) {
        partner.set(each, found);
        taken.add(found);
      }
    }
  };
  // Ids are unique in a pipeline; where one is there twice by mistake, the level tells them apart.
  match(({ level, node }) => `${level ?? ''} ${idOf(node)}`);
  match(({ node }) => idOf(node));
  match(({ level, node }) => `${level ?? ''} ${content(node)}`);
  match(({ node }) => content(node));
  return merged(left, right, partner, taken);
}

function merged(left: Placed[], right: Placed[], partner: Map<Placed, Placed>, taken: Set<Placed>): Pair[] {
  const found: Pair[] = right.map((after) => ({ before: partner.get(after) ?? null, after }));
  left.forEach((gone, index) => {
    if (taken.has(gone)) return;
    const previous = left[index - 1];
    const at = previous ? found.findIndex((pair) => pair.before === previous) : -1;
    found.splice(at + 1, 0, { before: gone, after: null });
  });
  return found;
}
