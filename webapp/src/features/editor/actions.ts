/** What can be done in an editor: each is one step, and says what it did. */

import { copy, cut, duplicate, paste } from './board';
import { cutEdge, link, refuse, relink, whyNot } from './links';
import { add, remove, removeSelected, renameTo } from './nodes';
import type { EditorStore } from './store';

type Rest<F> = F extends (editor: EditorStore, ...rest: infer R) => infer T ? (...rest: R) => T : never;

/** Lay out anew, whatever was laid by hand. */
function tidy({ store, apply, say }: EditorStore): void {
  if (store.getState().arrangement) apply({ arrangement: null });
  store.setState(({ round }) => ({ round: round + 1 }));
  say('editor.tidied');
}

function selectAll({ store, apply, say }: EditorStore): void {
  const { nodes } = store.getState().definition;
  apply({ selection: nodes.map((_, index) => `/nodes/${index}`) });
  say('editor.selected', { count: nodes.length });
}

function undo({ store, travel, say }: EditorStore): void {
  const any = store.temporal.getState().pastStates.length > 0;
  travel('undo');
  say(any ? 'editor.undone' : 'editor.nothingLeft', {}, !any);
}

function redo({ store, travel, say }: EditorStore): void {
  const any = store.temporal.getState().futureStates.length > 0;
  travel('redo');
  say(any ? 'editor.redone' : 'editor.nothingLeft', {}, !any);
}

const ALL = {
  ...{ add, remove, removeSelected, renameTo, link, relink, cutEdge, whyNot, refuse },
  ...{ copy, cut, paste, duplicate, tidy, selectAll, undo, redo },
};

export type Actions = { [Name in keyof typeof ALL]: Rest<(typeof ALL)[Name]> };

/** The actions of one editor. */
export function createActions(editor: EditorStore): Actions {
  const bound = Object.entries(ALL).map(([name, action]) => [
    name,
    (...rest: never[]) => (action as (...all: never[]) => unknown)(editor as never, ...rest),
  ]);
  return Object.fromEntries(bound) as Actions;
}
