/** Adding, removing and renaming nodes. */

import type { Dropped } from '../../components/canvas/editing';
import { type Definition, type NodeKey, idOf, placed } from '../../model/definition';
import { find, removeNodes, rename } from '../../model/edit';
import { type Item, insert, mayStand, placeFor } from '../../model/insert';
import { surroundings } from '../../model/outline';
import type { Service } from '../../model/wire';
import { cutSelected, idAt } from './links';
import type { EditorStore } from './store';

/** Add a node where it was let fall, or after the selected one. */
export function add(editor: EditorStore, item: Item, services: Service[], dropped?: Dropped): void {
  const { definition, selection } = editor.store.getState();
  const place = dropped
    ? { level: dropped.level, after: null }
    : placeFor(definition, selection.at(-1) ?? null);
  if (!mayStand(definition, item.type, place.level)) {
    editor.say(place.level === null ? 'editor.onlyOne' : 'editor.notInBody', {}, true);
    return;
  }
  const made = insert(definition, item, place.level, place.after, services);
  const id = idOf(find(made.definition, made.key)?.node ?? {});
  const change = { definition: made.definition, selection: [made.key] };
  if (dropped) {
    const { arrangement, at } = dropped;
    const places = { ...arrangement.places, [id]: at };
    editor.apply({ ...change, arrangement: { ...arrangement, places } });
  } else {
    editor.apply(change);
  }
  if (made.after === null) editor.say('editor.added', { id });
  else editor.say('editor.addedAfter', { id, after: made.after });
}

/** Remove nodes. What led to the first of them is selected then, so that one can go on from there. */
export function remove(editor: EditorStore, keys: readonly NodeKey[]): void {
  const { definition } = editor.store.getState();
  const gone = keys.filter((key) => find(definition, key));
  const first = gone[0];
  if (first === undefined) return;
  const ids = gone.map((key) => idAt(editor, key)).join(', ');
  const changed = removeNodes(definition, gone);
  const selected = heirOf(definition, changed, first);
  editor.apply({ definition: changed, selection: selected === undefined ? [] : [selected] });
  editor.say('editor.removed', { ids, count: gone.length });
}

/** The node that stood beside one that is gone. */
function heirOf(before: Definition, after: Definition, gone: NodeKey): NodeKey | undefined {
  const beside = surroundings(before, gone);
  const left = placed(after);
  const level = find(before, gone)?.level ?? null;
  const heirs = [...beside.before, ...beside.after].map(
    (id) => left.find(({ node }) => idOf(node) === id)?.key,
  );
  const around = left.find(({ key }) => key === level)?.key;
  return heirs.find((key) => key !== undefined) ?? around ?? left[0]?.key;
}

export function removeSelected(editor: EditorStore): void {
  if (!cutSelected(editor)) remove(editor, editor.store.getState().selection);
}

export function renameTo(editor: EditorStore, key: NodeKey, id: string): void {
  const old = idAt(editor, key);
  if (old === id) return;
  const { definition } = editor.store.getState();
  editor.apply({ definition: rename(definition, key, id), selection: [key] });
  editor.say('editor.renamed', { old, id });
}
