/** What can be done in an editor: each is one step, and says what it did. */

import type { Dropped, Link } from '../../components/canvas/editing';
import { copied, nodesIn, pasted } from '../../model/clipboard';
import { type JsonObject, type NodeKey, idOf, placed } from '../../model/definition';
import { connect, disconnect, find, moveRefusal, refusal, removeNodes, rename } from '../../model/edit';
import { type EdgeKind, type GraphEdge, graphOf } from '../../model/graph';
import { type Item, insert, mayStand, placeFor } from '../../model/insert';
import { surroundings } from '../../model/outline';
import type { Service } from '../../model/wire';
import type { EditorStore } from './store';

/** How far a copy lies from what it is one of, in pixels. */
const BESIDE = 40;

export function createActions({ store, apply, travel, say }: EditorStore) {
  const now = store.getState;
  /** What was copied last, for browsers that let no page read the clipboard. */
  let board = '';

  const refuse = (key: string): void => {
    say(`graph.refused.${key}`, {}, true);
  };

  const add = (item: Item, services: Service[], dropped?: Dropped, behind?: NodeKey): void => {
    const { definition, selection } = now();
    const place = dropped
      ? { level: dropped.level, after: null }
      : placeFor(definition, behind ?? selection.at(-1) ?? null);
    if (!mayStand(definition, item.type, place.level)) {
      say(place.level === null ? 'editor.onlyOne' : 'editor.notInBody', { type: item.type }, true);
      return;
    }
    const made = insert(definition, item, place.level, place.after, services);
    const id = idOf(find(made.definition, made.key)?.node ?? {});
    const places = dropped && { ...dropped.arrangement.places, [id]: dropped.at };
    apply({
      definition: made.definition,
      selection: [made.key],
      ...(dropped ? { arrangement: { ...dropped.arrangement, places: { ...places } } } : {}),
    });
    if (made.after === null) say('editor.added', { id });
    else say('editor.addedAfter', { id, after: made.after });
  };

  const cutEdge = (source: NodeKey, name: string, kind: EdgeKind): void => {
    apply({ definition: disconnect(now().definition, source, name, kind), edge: null });
    say('editor.cutEdge', { from: idAt(source), to: name });
  };

  const idAt = (key: NodeKey): string => idOf(find(now().definition, key)?.node ?? {});

  const nameOf = (edge: GraphEdge): string =>
    graphOf(now().definition).nodes.find((node) => node.key === edge.target)?.id ?? '';

  const removeSelected = (): void => {
    const { definition, selection, edge } = now();
    const found = edge === null ? undefined : graphOf(definition).edges.find((each) => each.id === edge);
    if (found) {
      cutEdge(found.source, nameOf(found), found.kind);
      return;
    }
    remove(selection);
  };

  const remove = (keys: readonly NodeKey[]): void => {
    const { definition } = now();
    const gone = keys.filter((key) => find(definition, key));
    const first = gone[0];
    if (first === undefined) return;
    const { before, after } = surroundings(definition, first);
    const level = find(definition, first)?.level ?? null;
    const changed = removeNodes(definition, gone);
    const left = placed(changed);
    const heir = [...before, ...after]
      .map((id) => left.find(({ node }) => idOf(node) === id)?.key)
      .find((key) => key !== undefined);
    const around = level !== null && left.some(({ key }) => key === level) ? level : undefined;
    const selected = heir ?? around ?? left[0]?.key;
    const ids = gone.map(idAt).join(', ');
    apply({ definition: changed, selection: selected === undefined ? [] : [selected] });
    say('editor.removed', { ids, count: gone.length });
  };

  const link = ({ source, target, kind }: Link): void => {
    const { definition } = now();
    const why = refusal(definition, source, target, kind);
    if (why !== null) {
      refuse(why);
      return;
    }
    apply({ definition: connect(definition, source, target, kind) });
    say('editor.connected', { from: idAt(source), to: idAt(target) || 'loopEnd' });
  };

  const relink = (to: Link, edge: GraphEdge): void => {
    const { definition } = now();
    const name = nameOf(edge);
    const cut = disconnect(definition, edge.source, name, edge.kind);
    apply({ definition: connect(cut, to.source, to.target, to.kind), edge: null });
    say('editor.connected', { from: idAt(to.source), to: idAt(to.target) || 'loopEnd' });
  };

  const whyNot = (to: Link, edge: GraphEdge | null) => {
    const { definition } = now();
    if (!edge) return refusal(definition, to.source, to.target, to.kind);
    return moveRefusal(definition, { ...edge, name: nameOf(edge) }, to);
  };

  const copy = (): string => {
    const { definition, selection } = now();
    board = copied(definition, selection);
    if (board) say('editor.copied', { count: selection.length });
    return board;
  };

  const cut = (): string => {
    const text = copy();
    if (text) removeSelected();
    return text;
  };

  const pasteNodes = (nodes: JsonObject[], selected: NodeKey | null): void => {
    const { definition, arrangement } = now();
    const { level } = placeFor(definition, selected);
    const made = pasted(definition, level, nodes);
    if (made.keys.length === 0) {
      say('editor.nothingPasted', { ids: made.left.join(', ') }, true);
      return;
    }
    const ids = made.keys.map((key) => idOf(find(made.definition, key)?.node ?? {}));
    const places = { ...arrangement?.places };
    const kept = nodes.filter((node) => !made.left.includes(idOf(node)));
    ids.forEach((id, index) => {
      const from = places[idOf(kept[index] ?? {})];
      if (from) places[id] = { x: from.x + BESIDE, y: from.y + BESIDE };
    });
    apply({
      definition: made.definition,
      selection: made.keys,
      ...(arrangement ? { arrangement: { ...arrangement, places } } : {}),
    });
    if (made.left.length) say('editor.pastedSome', { ids: ids.join(', '), left: made.left.join(', ') });
    else say('editor.pasted', { ids: ids.join(', '), count: ids.length });
  };

  const paste = (text: string): void => {
    const nodes = nodesIn(text || board);
    if (nodes) pasteNodes(nodes, now().selection.at(-1) ?? null);
    else say('editor.noNodes', {}, true);
  };

  const duplicate = (): void => {
    const { definition, selection } = now();
    const nodes = nodesIn(copied(definition, selection));
    if (nodes) pasteNodes(nodes, selection.at(-1) ?? null);
  };

  const renameTo = (key: NodeKey, id: string): void => {
    const old = idAt(key);
    if (old === id) return;
    apply({ definition: rename(now().definition, key, id), selection: [key] });
    say('editor.renamed', { old, id });
  };

  const tidy = (): void => {
    if (now().arrangement) apply({ arrangement: null });
    store.setState(({ round }) => ({ round: round + 1 }));
    say('editor.tidied');
  };

  const selectAll = (): void => {
    apply({ selection: now().definition.nodes.map((_, index) => `/nodes/${index}`) });
    say('editor.selected', { count: now().selection.length });
  };

  const step = (way: 'undo' | 'redo'): void => {
    const { pastStates, futureStates } = store.temporal.getState();
    const any = (way === 'undo' ? pastStates : futureStates).length > 0;
    travel(way);
    say(any ? (way === 'undo' ? 'editor.undone' : 'editor.redone') : 'editor.nothingLeft', {}, !any);
  };

  return {
    add,
    remove,
    removeSelected,
    cutEdge,
    link,
    relink,
    whyNot,
    refuse,
    copy,
    cut,
    paste,
    duplicate,
    renameTo,
    tidy,
    selectAll,
    undo: () => {
      step('undo');
    },
    redo: () => {
      step('redo');
    },
  };
}

export type Actions = ReturnType<typeof createActions>;
