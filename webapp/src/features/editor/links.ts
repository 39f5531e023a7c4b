/** Connecting nodes, cutting and leading elsewhere what connects them. */

import type { Link } from '../../components/canvas/editing';
import { type NodeKey, LOOP_END, idOf } from '../../model/definition';
import { type Refusal, connect, disconnect, find, moveRefusal, refusal } from '../../model/edit';
import { type EdgeKind, type GraphEdge, graphOf } from '../../model/graph';
import type { EditorStore } from './store';

export function idAt({ store }: EditorStore, key: NodeKey): string {
  return idOf(find(store.getState().definition, key)?.node ?? {});
}

export function refuse({ say }: EditorStore, why: Refusal): void {
  say(`graph.refused.${why}`, {}, true);
}

/** What an edge names. */
function nameOf({ store }: EditorStore, edge: GraphEdge): string {
  return graphOf(store.getState().definition).nodes.find(({ key }) => key === edge.target)?.id ?? '';
}

export function whyNot(editor: EditorStore, to: Link, edge: GraphEdge | null): Refusal | null {
  const { definition } = editor.store.getState();
  if (!edge) return refusal(definition, to.source, to.target, to.kind);
  return moveRefusal(definition, { ...edge, name: nameOf(editor, edge) }, to);
}

export function link(editor: EditorStore, { source, target, kind }: Link): void {
  const { definition } = editor.store.getState();
  const why = refusal(definition, source, target, kind);
  if (why !== null) {
    refuse(editor, why);
    return;
  }
  editor.apply({ definition: connect(definition, source, target, kind) });
  editor.say('editor.connected', { from: idAt(editor, source), to: idAt(editor, target) || LOOP_END });
}

export function relink(editor: EditorStore, to: Link, edge: GraphEdge): void {
  const { definition } = editor.store.getState();
  const cut = disconnect(definition, edge.source, nameOf(editor, edge), edge.kind);
  editor.apply({ definition: connect(cut, to.source, to.target, to.kind), edge: null });
  editor.say('editor.connected', { from: idAt(editor, to.source), to: idAt(editor, to.target) || LOOP_END });
}

export function cutEdge(editor: EditorStore, source: NodeKey, name: string, kind: EdgeKind): void {
  const { definition } = editor.store.getState();
  editor.apply({ definition: disconnect(definition, source, name, kind), edge: null });
  editor.say('editor.cutEdge', { from: idAt(editor, source), to: name });
}

/** Cut the edge that is selected; false where none is. */
export function cutSelected(editor: EditorStore): boolean {
  const { definition, edge } = editor.store.getState();
  const found = edge === null ? undefined : graphOf(definition).edges.find((each) => each.id === edge);
  if (found) cutEdge(editor, found.source, nameOf(editor, found), found.kind);
  return found !== undefined;
}
