/** Texts in fields of JSON that are none yet: kept beside the definition, until they are finished or given up. */

import type { Definition, NodeKey } from './definition';
import { followed } from './follow';

/** `stored`: what the field held when the text was begun; where it holds something else by now, the text is out of date. */
export interface Unfinished {
  place: readonly string[];
  stored: string;
  text: string;
}

export type AllUnfinished = ReadonlyMap<NodeKey, readonly Unfinished[]>;

const isAt = (place: readonly string[]) => (each: Unfinished) =>
  each.place.length === place.length && each.place.every((key, at) => key === place[at]);

/** The text at a place of a node, where it is one that was begun from what is stored now. */
export function unfinishedAt(
  texts: readonly Unfinished[],
  place: readonly string[],
  stored: string,
): Unfinished | undefined {
  const found = texts.find(isAt(place));
  return found?.stored === stored ? found : undefined;
}

/** With another text at a place; null takes it out. Gives the same again where nothing changes. */
export function withUnfinished(
  all: AllUnfinished,
  key: NodeKey,
  place: readonly string[],
  text: Omit<Unfinished, 'place'> | null,
): AllUnfinished {
  const there = all.get(key) ?? [];
  const others = there.filter((each) => !isAt(place)(each));
  if (text === null && others.length === there.length) return all;
  const changed = new Map(all);
  const texts = text === null ? others : [...others, { place, ...text }];
  if (texts.length > 0) changed.set(key, texts);
  else changed.delete(key);
  return changed;
}

/** The texts at their nodes in the definition as it is now; those of nodes that are gone are gone too. */
export function movedUnfinished(all: AllUnfinished, before: Definition, now: Definition): AllUnfinished {
  if (all.size === 0) return all;
  const moved = followed(before, now);
  return new Map(
    [...all].flatMap(([key, texts]) => {
      const here = moved.get(key);
      return here === undefined ? [] : [[here, texts] as const];
    }),
  );
}
