/** An editor's state for its views: the store with what is derived of it, kept in the browser as it changes. */

import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';

import { useDraft } from '../../components/save/use-draft';
import { countFaults, placedFaults } from '../../model/checks';
import type { Definition } from '../../model/definition';
import { isSameDefinition, plain } from '../../model/diff';
import type { Draft } from '../../model/drafts';
import { createActions } from './actions';
import { keepArrangement, keptArrangement } from './kept';
import { createEditorStore } from './store';
import { useCheck } from './use-check';

export interface Edited {
  initial: Definition;
  /** The route of what is edited; null for a new pipeline. */
  route: string | null;
  version?: number | null;
  /** The draft to go on with, where one is asked for. */
  draft?: string | undefined;
}

/** The draft that is kept of what is edited, and where the editor begins. */
function useBegin({ initial, route, version = null, draft }: Edited) {
  const [stored, setStored] = useState(() => plain(initial) as Definition);
  const hold = useDraft({ route, base: version, stored: route === null ? null : stored, wanted: draft });
  const [editor] = useState(() =>
    createEditorStore(hold.begin?.definition ?? stored, stored, keptArrangement(route)),
  );
  const [taken, setTaken] = useState(hold.begin);
  return { hold, editor, setStored, taken, setTaken };
}

/** What the engine finds wrong, at the nodes as they are now. */
function useFaults(definition: Definition) {
  const check = useCheck(definition);
  const { checked } = check;
  const faults = useMemo(() => (checked ? placedFaults(checked, definition) : []), [checked, definition]);
  const counts = useMemo(() => countFaults(faults), [faults]);
  return { check, faults, counts };
}

export function useEditor(edited: Edited) {
  const { route } = edited;
  const { hold, editor, setStored, taken, setTaken } = useBegin(edited);
  const [actions] = useState(() => createActions(editor));
  const state = useStore(editor.store);
  const { definition, saved, arrangement } = state;
  const changed = useMemo(() => saved === null || !isSameDefinition(saved, definition), [saved, definition]);
  const { keep, finished } = hold;
  useEffect(() => {
    if (changed) keep(definition);
    else finished();
  }, [keep, finished, definition, changed]);
  useEffect(() => {
    keepArrangement(route, arrangement);
  }, [route, arrangement]);

  const savedAs = (name: string): void => {
    setStored(definition);
    editor.store.setState({ saved: definition });
    keepArrangement(name, arrangement);
    hold.finished();
    setTaken(null);
  };
  const takeUp = (draft: Draft): void => {
    hold.takeUp(draft);
    setTaken(draft);
    editor.apply({ definition: draft.definition });
    editor.say('editor.draftNow');
  };
  const backToStored = (): void => {
    if (saved) editor.apply({ definition: saved });
    setTaken(null);
    editor.say('editor.storedNow');
  };
  const told = { ...useFaults(definition), hold, taken };
  return { editor, actions, state, changed, ...told, savedAs, takeUp, backToStored };
}

export type Editing = ReturnType<typeof useEditor>;
