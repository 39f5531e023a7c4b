/**
 * Drafts: what was changed and not saved, kept in the browser. Each has a key of its own, so that no tab writes over what
 * another one keeps; and a number of turns, by which a tab that is not the last writer notices that.
 */

import { type Definition, type Json, isDefinition, isObject } from './definition';
import { isSameDefinition } from './diff';

/** What is used of the browser's `Storage`. */
export interface Box {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Draft {
  id: string;
  /** The route of what it changes; null for a new pipeline. */
  route: string | null;
  /** The version that it began from; null for a new pipeline. */
  base: number | null;
  /** When it was last changed, in milliseconds since 1970. */
  at: number;
  /** The tab that changes it. */
  tab: string;
  definition: Definition;
  /** How often it was written: who knows another number was not the last to write. */
  turn: number;
}

/** Why a draft could not be kept: the browser's store is full, is closed to this page, or somebody else has gone on with it. */
export type Trouble = 'full' | 'blocked' | 'elsewhere';

export type Kept = { draft: Draft; trouble: null } | { draft: null; trouble: Trouble };

const PREFIX = 'draft/';

/** Whether a key of the store is one of a draft. */
export function isDraftKey(key: string | null): boolean {
  return key === null || key.startsWith(PREFIX); // null: all keys, the store was cleared
}

/** All drafts, the newest first. What cannot be read is left where it is, and out. */
export function draftsIn(box: Box): Draft[] {
  const keys = Array.from({ length: box.length }, (_, index) => box.key(index) ?? '');
  const found = keys
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => draftAt(box, key.slice(PREFIX.length)));
  return found.filter((each) => each !== null).sort((a, b) => b.at - a.at);
}

export function draftAt(box: Box, id: string): Draft | null {
  const text = box.getItem(PREFIX + id);
  if (text === null) return null;
  try {
    return read(id, JSON.parse(text) as Json);
  } catch {
    return null;
  }
}

function read(id: string, value: Json): Draft | null {
  if (!isObject(value)) return null;
  const { route = null, base = null, at, tab, turn, definition = null } = value;
  if (typeof at !== 'number' || typeof tab !== 'string' || typeof turn !== 'number') return null;
  if (!isDefinition(definition)) return null;
  return {
    id,
    route: typeof route === 'string' ? route : null,
    base: typeof base === 'number' ? base : null,
    at,
    tab,
    definition: { ...definition, type: 'pipeline' },
    turn,
  };
}

/**
 * Write a draft, where it is as the writer left it: `draft.turn` is the turn that the writer knows, 0 for one that was
 * never written. Never throws.
 */
export function keep(box: Box, draft: Draft): Kept {
  try {
    const there = box.getItem(PREFIX + draft.id);
    const turn = there === null ? 0 : (draftAt(box, draft.id)?.turn ?? -1);
    if (turn !== draft.turn) return { draft: null, trouble: 'elsewhere' };
    const next = { ...draft, turn: draft.turn + 1 };
    box.setItem(PREFIX + draft.id, JSON.stringify(next));
    return { draft: next, trouble: null };
  } catch (error) {
    const name = error instanceof Error || isDomException(error) ? error.name : '';
    return { draft: null, trouble: /quota/i.test(name) ? 'full' : 'blocked' };
  }
}

function isDomException(error: unknown): error is { name: string } {
  return typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string';
}

/** Throw a draft away; gives what brings it back by `putBack`. One that somebody else has gone on with is left alone. */
export function discard(box: Box, draft: Draft): boolean {
  const there = draftAt(box, draft.id);
  if (there && there.turn !== draft.turn) return false;
  box.removeItem(PREFIX + draft.id);
  return true;
}

/** Bring back what was thrown away. */
export function putBack(box: Box, draft: Draft): Kept {
  return keep(box, { ...draft, turn: 0 });
}

/** Throw away the drafts that say what is stored anyway; gives how many. */
export function discardSaved(box: Box, stored: ReadonlyMap<string, Definition>): number {
  const saved = draftsIn(box).filter(({ route, definition }) => {
    const there = route === null ? undefined : stored.get(route);
    return there !== undefined && isSameDefinition(there, definition);
  });
  return saved.filter((draft) => discard(box, draft)).length;
}

/** The draft that a tab left for a route, as after a reload. */
export function ownOf(drafts: Draft[], route: string | null, tab: string): Draft | null {
  return drafts.find((each) => each.route === route && each.tab === tab) ?? null;
}
