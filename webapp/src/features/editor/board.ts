/** Copying, cutting, pasting and duplicating nodes. */

import { copied, nodesIn, pasted } from '../../model/clipboard';
import { type JsonObject, idOf } from '../../model/definition';
import { find } from '../../model/edit';
import { placeFor } from '../../model/insert';
import type { Places } from '../../model/positions';
import { removeSelected } from './nodes';
import type { EditorStore } from './store';

/** How far a copy lies from what it is one of, in pixels. */
const BESIDE = 40;

/** What was copied last in this page, for browsers that let no page read the clipboard. */
let board = '';

export function copy({ store, say }: EditorStore): string {
  const { definition, selection } = store.getState();
  const text = copied(definition, selection);
  if (text) {
    board = text;
    say('editor.copied', { count: selection.length });
  }
  return text;
}

export function cut(editor: EditorStore): string {
  const text = copy(editor);
  if (text) removeSelected(editor);
  return text;
}

export function paste(editor: EditorStore, text: string): void {
  const nodes = nodesIn(text || board);
  if (nodes) put(editor, nodes);
  else editor.say('editor.noNodes', {}, true);
}

export function duplicate(editor: EditorStore): void {
  const { definition, selection } = editor.store.getState();
  const nodes = nodesIn(copied(definition, selection));
  if (nodes) put(editor, nodes);
}

function put(editor: EditorStore, nodes: JsonObject[]): void {
  const { definition, arrangement, selection } = editor.store.getState();
  const { level } = placeFor(definition, selection.at(-1) ?? null);
  const made = pasted(definition, level, nodes);
  const left = made.left.join(', ');
  if (made.keys.length === 0) {
    editor.say('editor.nothingPasted', { ids: left }, true);
    return;
  }
  const ids = made.keys.map((key) => idOf(find(made.definition, key)?.node ?? {}));
  const from = nodes.map(idOf).filter((id) => !made.left.includes(id));
  const change = { definition: made.definition, selection: made.keys };
  if (arrangement) {
    const places = besides(arrangement.places, from, ids);
    editor.apply({ ...change, arrangement: { ...arrangement, places } });
  } else {
    editor.apply(change);
  }
  const words = { ids: ids.join(', '), count: ids.length };
  if (left) editor.say('editor.pastedSome', { ...words, left });
  else editor.say('editor.pasted', words);
}

/** The places with those of copies beside what they are copies of. */
function besides(places: Places, from: string[], to: string[]): Places {
  const made = to.flatMap((id, index) => {
    const place = places[from[index] ?? ''];
    return place ? [[id, { x: place.x + BESIDE, y: place.y + BESIDE }] as const] : [];
  });
  return { ...places, ...Object.fromEntries(made) };
}
