/** The graph of an editor. */

import { useMemo } from 'react';
import { useStore } from 'zustand';

import { Canvas } from '../../components/canvas/canvas';
import type { CanvasEditing } from '../../components/canvas/editing';
import type { NodeKey } from '../../model/definition';
import { graphOf } from '../../model/graph';
import type { Item } from '../../model/insert';
import type { Service } from '../../model/wire';
import type { Actions } from './actions';
import type { EditorStore } from './store';

export interface CanvasPaneProps {
  editor: EditorStore;
  actions: Actions;
  services: Service[];
  faults: ReadonlyMap<NodeKey, number>;
  highlighted: ReadonlySet<NodeKey>;
}

export function CanvasPane({ editor, actions, services, faults, highlighted }: CanvasPaneProps) {
  const { definition, arrangement, selection, edge, round, broken } = useStore(editor.store);
  const graph = useMemo(() => graphOf(definition), [definition]);
  const editing = useMemo<CanvasEditing>(
    () => ({
      selection: new Set(selection),
      edge,
      arrangement,
      round,
      onSelection: editor.apply,
      refusal: actions.whyNot,
      onConnect: (link, instead) => {
        if (instead) actions.relink(link, instead);
        else actions.link(link);
      },
      onRefused: actions.refuse,
      onMove: (places) => {
        editor.apply({ arrangement: places });
      },
      onDrop: (data, dropped) => {
        actions.add(JSON.parse(data) as Item, services, dropped);
      },
    }),
    [selection, edge, arrangement, round, editor, actions, services],
  );
  const shown = { graph, faults, highlighted };
  return broken === null ? <Canvas {...shown} editing={editing} /> : <Canvas {...shown} />;
}
