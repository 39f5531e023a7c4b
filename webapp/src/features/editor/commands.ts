/** What each command does in an editor. */

import type { NodeKey } from '../../model/definition';
import { find } from '../../model/edit';
import type { Command } from '../../model/keys';
import { sidesOf } from '../../model/outline';
import type { Open } from './dialogs';
import type { View } from './toolbar';
import type { Editing } from './use-editor';

export interface Around {
  onView: (view: View) => void;
  onDialog: (open: Open) => void;
  onSave: () => void;
  onRun: () => void;
  toPalette: () => void;
  toFields: () => void;
}

/** Every command with what it does. */
export function commandsOf(editing: Editing, around: Around): Record<Command, () => void> {
  const { editor, actions, check, state } = editing;
  const view = (name: View) => () => {
    around.onView(name);
  };
  const dialog = (open: Open) => () => {
    around.onDialog(open);
  };
  return {
    palette: dialog({ dialog: 'palette' }),
    shortcuts: dialog({ dialog: 'shortcuts' }),
    save: around.onSave,
    run: around.onRun,
    undo: actions.undo,
    redo: actions.redo,
    add: around.toPalette,
    connect: () => {
      connect(editing, around);
    },
    delete: actions.removeSelected,
    copy: () => {
      writeClipboard(actions.copy());
    },
    cut: () => {
      writeClipboard(actions.cut());
    },
    paste: () => {
      void readClipboard().then(actions.paste);
    },
    duplicate: actions.duplicate,
    selectAll: actions.selectAll,
    edit: around.toFields,
    tidy: actions.tidy,
    check: check.again,
    graph: view('graph'),
    outline: view('outline'),
    json: view('json'),
    unselect: () => {
      if (state.selection.length || state.edge !== null) editor.apply({ selection: [], edge: null });
    },
  };
}

function connect({ editor, actions, state }: Editing, around: Around): void {
  const source: NodeKey | undefined = state.selection.at(-1);
  const node = source === undefined ? undefined : find(state.definition, source)?.node;
  if (source === undefined) editor.say('editor.selectFirst', {}, true);
  else if (!node) actions.refuse('notANode');
  else if (sidesOf(node).length === 0) actions.refuse('fromEnd');
  else around.onDialog({ dialog: 'connect', source, kind: null });
}

/** What needs something that is not there now. */
export function disabledOf({ editor, state }: Editing): Set<Command> {
  const { pastStates, futureStates } = editor.store.temporal.getState();
  const found = new Set<Command>();
  if (pastStates.length === 0) found.add('undo');
  if (futureStates.length === 0) found.add('redo');
  if (state.broken !== null) for (const each of ['add', 'save', 'run', 'check'] as const) found.add(each);
  return found;
}

// Where the browser gives a page no clipboard, what was copied is still kept in the editor itself.
const clipboard = (): Clipboard | undefined => ('clipboard' in navigator ? navigator.clipboard : undefined);

function writeClipboard(text: string): void {
  if (text)
    void clipboard()
      ?.writeText(text)
      .catch(() => undefined);
}

async function readClipboard(): Promise<string> {
  try {
    return (await clipboard()?.readText()) ?? '';
  } catch {
    return '';
  }
}
