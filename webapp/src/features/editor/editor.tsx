/** The editor of a pipeline: its graph, outline and text, all of one definition. */

import './editor.css';

import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';

import { SaveDialog } from '../../components/save/save-dialog';
import { type NodeKey, routeOf } from '../../model/definition';
import type { Command } from '../../model/keys';
import type { Service } from '../../model/wire';
import { type Around, commandsOf, disabledOf } from './commands';
import { CommandsDialog, ConnectDialog, type Open, ShortcutsDialog } from './dialogs';
import { DraftBar } from './draft-bar';
import { FaultsList } from './faults-list';
import { Spoken } from './spoken';
import { Toolbar, type View } from './toolbar';
import { type Edited, type Editing, useEditor } from './use-editor';
import { useKeys } from './use-keys';
import { Views } from './views';

export interface EditorProps extends Edited {
  onSaved: (route: string) => void;
  onRun: (route: string) => void;
  services: Service[];
}

/** Saving, and what is to be done when it is done. */
function useSaving(editing: Editing, { route, onSaved, onRun }: EditorProps) {
  const [saving, setSaving] = useState<'save' | 'run' | null>(null);
  const run = (): void => {
    if (route !== null && !editing.changed) onRun(route);
    else setSaving('run');
  };
  const done = (name: string): void => {
    const next = saving;
    setSaving(null);
    editing.savedAs(name);
    if (next === 'run') onRun(name);
    else onSaved(name);
  };
  return {
    opened: saving !== null,
    ask: () => {
      setSaving('save');
    },
    run,
    done,
    close: () => {
      setSaving(null);
    },
  };
}

/** After React has drawn what is to have the focus. */
function soon(action: () => void): void {
  requestAnimationFrame(action);
}

/** Let something within the editor have the focus. */
function focus(...selectors: string[]): void {
  const all = selectors.map((each) => `.editor ${each}`).join(', ');
  soon(() => document.querySelector<HTMLElement>(all)?.focus());
}

const toGraph = (): void => {
  focus('.react-flow', 'tr[data-selected=true] input', '.editor-main input');
};
const toFields = (): void => {
  focus('.editor-side input', '.editor-side textarea', '.editor-side [contenteditable=true]');
};
const toPalette = (): void => {
  focus('.palette input');
};

interface DialogsProps {
  editing: Editing;
  open: Open | null;
  onOpen: (open: Open | null) => void;
  onCommand: (command: Command) => void;
  onDone: () => void;
}

function Dialogs({ editing, open, onOpen, onCommand, onDone }: DialogsProps) {
  const { actions, editor, state } = editing;
  const { definition } = state;
  const close = (): void => {
    onOpen(null);
    onDone();
  };
  if (open?.dialog === 'shortcuts') return <ShortcutsDialog onClose={close} />;
  if (open?.dialog === 'palette') {
    return (
      <CommandsDialog
        definition={definition}
        onCommand={onCommand}
        onClose={close}
        onJump={(key) => {
          editor.apply({ selection: [key] });
        }}
      />
    );
  }
  if (open?.dialog !== 'connect') return null;
  return (
    <ConnectDialog
      definition={definition}
      source={open.source}
      kind={open.kind}
      onClose={close}
      onKind={(kind) => {
        onOpen({ ...open, kind });
      }}
      onTarget={(target, kind) => {
        actions.link({ source: open.source, target, kind });
      }}
      onCut={(name, kind) => {
        actions.cutEdge(open.source, name, kind);
      }}
    />
  );
}

/** What the editor shows, with its commands. */
function useWorkbench(props: EditorProps, editing: Editing) {
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false });
  const [view, setView] = useState<View>('graph');
  const [palette, setPalette] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const saving = useSaving(editing, props);
  const showPalette = (): void => {
    setPalette(true);
    toPalette();
  };
  const leavePalette = (): void => {
    setPalette(false);
    toGraph();
  };
  const around: Around = {
    onView: setView,
    onDialog: setOpen,
    onSave: saving.ask,
    onRun: saving.run,
    toPalette: showPalette,
    toFields,
  };
  const commands = commandsOf(editing, around);
  const disabled = disabledOf(editing);
  const onCommand = (command: Command): void => {
    if (!disabled.has(command)) commands[command]();
  };
  const { copy, cut, paste } = editing.actions;
  const paused = open !== null || saving.opened;
  useKeys({ paused, onCommand, onCopy: copy, onCut: cut, onPaste: paste, onLeave: toGraph });
  const paletteOpen = palette || (wide && view === 'graph');
  return {
    view,
    setView,
    open,
    setOpen,
    saving,
    onCommand,
    disabled,
    showPalette,
    leavePalette,
    paletteOpen,
  };
}

/** What stands below the views: what happened, and what is wrong. */
function Below({ editing }: { editing: Editing }) {
  const { editor, state, faults, check, counts } = editing;
  const { definition, selection, said } = state;
  return (
    <>
      <Spoken definition={definition} selection={selection} faults={counts} said={said} />
      <FaultsList
        definition={definition}
        checked={check.checked}
        checking={check.checking}
        faults={faults}
        unfinished={state.unfinished}
        onGo={(key: NodeKey) => {
          editor.apply({ selection: [key] });
          toFields();
        }}
      />
    </>
  );
}

function Saving({
  editing,
  saving,
  route,
}: {
  editing: Editing;
  saving: ReturnType<typeof useSaving>;
  route: string | null;
}) {
  const { definition, saved } = editing.state;
  return (
    <SaveDialog
      opened={saving.opened}
      route={route}
      before={route === null ? null : saved}
      base={editing.taken?.base}
      after={definition}
      onSaved={saving.done}
      onClose={saving.close}
    />
  );
}

export function Editor(props: EditorProps) {
  const { route, version = null, services } = props;
  const editing = useEditor(props);
  const bench = useWorkbench(props, editing);
  const { editor, state, changed } = editing;
  return (
    <div className="editor">
      <Toolbar
        title={route ?? routeOf(state.definition)}
        version={version}
        changed={changed}
        faults={editing.faults.length}
        view={bench.view}
        onView={bench.setView}
        disabled={bench.disabled}
        onCommand={bench.onCommand}
      />
      <DraftBar
        hold={editing.hold}
        onTakeUp={editing.takeUp}
        taken={editing.taken}
        onStored={editing.taken && changed ? editing.backToStored : null}
      />
      <Views
        editing={editing}
        services={services}
        view={bench.view}
        paletteOpen={bench.paletteOpen}
        onConnect={(source, kind) => {
          bench.setOpen({ dialog: 'connect', source, kind });
        }}
        onAddBelow={(key) => {
          editor.apply({ selection: [key] });
          bench.showPalette();
        }}
        onPaletteDone={bench.leavePalette}
      />
      <Below editing={editing} />
      <Dialogs
        editing={editing}
        open={bench.open}
        onOpen={bench.setOpen}
        onCommand={bench.onCommand}
        onDone={toGraph}
      />
      <Saving editing={editing} saving={bench.saving} route={route} />
    </div>
  );
}
