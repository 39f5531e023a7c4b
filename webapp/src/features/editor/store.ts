/**
 * The state of an editor: one definition, changed in one place. Undo keeps definitions and places; what is saved, what was
 * said and how it is looked at lie outside of it.
 */

import { temporal } from 'zundo';
import { createStore } from 'zustand/vanilla';

import type { Definition, NodeKey } from '../../model/definition';
import { followed } from '../../model/follow';
import { endOf } from '../../model/graph';
import { loopOfEnd } from '../../model/insert';
import { type Arrangement, carried } from '../../model/positions';
import { type AllUnfinished, movedUnfinished } from '../../model/unfinished';

/** Words that are told: a key of the translations, with what is put into it. */
export interface Said {
  key: string;
  values: Record<string, string | number>;
  /** Something was not done. */
  refused: boolean;
}

export interface EditorState {
  definition: Definition;
  arrangement: Arrangement | null;
  selection: readonly NodeKey[];
  edge: string | null;
  saved: Definition | null;
  round: number;
  said: Said | null;
  /** A text in the place of the definition that is none yet; null where there is none. */
  broken: string | null;
  /** Texts in fields that are no JSON yet. */
  unfinished: AllUnfinished;
}

export interface Change {
  definition?: Definition;
  arrangement?: Arrangement | null;
  selection?: readonly NodeKey[];
  edge?: string | null;
}

/** Changes of the same group that follow each other within so many milliseconds are one step. */
const GROUP_TIME = 1_500;
const STEPS = 300;

export function createEditorStore(
  initial: Definition,
  saved: Definition | null,
  arrangement: Arrangement | null,
) {
  const begin = { selection: [], edge: null, round: 0, said: null, broken: null, unfinished: new Map() };
  const store = createStore<EditorState>()(
    temporal((): EditorState => ({ ...begin, definition: initial, arrangement, saved }), {
      partialize: ({ definition, arrangement, selection }) => ({ definition, arrangement, selection }),
      equality: (a, b) => a.definition === b.definition && a.arrangement === b.arrangement,
      limit: STEPS,
    }),
  );
  let last: { group: string; at: number } | null = null;

  /** Change definition, places or selection: one step, or part of the last one where that is of the same group. */
  const apply = (change: Change, group?: string): void => {
    const before = store.getState();
    const { pause, resume } = store.temporal.getState();
    const now = Date.now();
    const joins = group !== undefined && last?.group === group && now - last.at < GROUP_TIME;
    if (joins) pause();
    store.setState({ ...kept(before, change), ...change });
    if (joins) resume();
    if (change.definition || change.arrangement !== undefined) {
      last = group === undefined ? null : { group, at: now };
    }
  };

  const travel = (way: 'undo' | 'redo'): void => {
    last = null;
    store.temporal.getState()[way]();
    store.setState({ edge: null });
  };

  const say = (key: string, values: Record<string, string | number> = {}, refused = false): void => {
    store.setState({ said: { key, values, refused } });
  };

  return { store, apply, travel, say };
}

export type EditorStore = ReturnType<typeof createEditorStore>;

/** What a change of the definition does to the rest: places and selection go with their nodes. */
function kept(before: EditorState, { definition }: Change): Partial<EditorState> {
  if (!definition || definition === before.definition) return {};
  const moved = followed(before.definition, definition);
  const selection = before.selection.flatMap((key) => {
    const loop = loopOfEnd(key);
    if (loop === null) return moved.get(key) ?? [];
    const now = moved.get(loop);
    return now === undefined ? [] : endOf(now);
  });
  const { arrangement } = before;
  return {
    selection,
    edge: null,
    broken: null,
    unfinished: movedUnfinished(before.unfinished, before.definition, definition),
    arrangement: arrangement && {
      ...arrangement,
      places: carried(arrangement.places, before.definition, definition),
    },
  };
}
