/** The views of an editor beside each other: palette, graph, fields; outline; text. */

import { Alert, Button, Group } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type NodeKey, idOf, placed } from '../../model/definition';
import type { EdgeKind } from '../../model/graph';
import type { Item } from '../../model/insert';
import type { Service } from '../../model/wire';
import { CanvasPane } from './canvas-pane';
import { JsonPane } from './json-pane';
import { NodePane } from './node-pane';
import { Outline } from './outline';
import { Palette } from './palette';
import type { View } from './toolbar';
import type { Editing } from './use-editor';

export interface ViewsProps {
  editing: Editing;
  services: Service[];
  view: View;
  paletteOpen: boolean;
  onConnect: (source: NodeKey, kind: EdgeKind) => void;
  onAddBelow: (key: NodeKey) => void;
  /** Something was added from the palette, or it was left. */
  onPaletteDone: () => void;
}

function Broken({ editing }: { editing: Editing }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" p="xs" role="alert">
      <Group gap="xs">
        {t('editor.broken')}
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            editing.editor.store.setState({ broken: null });
          }}
        >
          {t('editor.discardText')}
        </Button>
      </Group>
    </Alert>
  );
}

function useLit(editing: Editing) {
  const [hovered, setHovered] = useState<string | null>(null);
  const { definition } = editing.state;
  const lit = useMemo(() => {
    const named = hovered === null ? [] : placed(definition).filter(({ node }) => idOf(node) === hovered);
    return new Set(named.map(({ key }) => key));
  }, [hovered, definition]);
  return { lit, setHovered };
}

/** Which field of the selected node has changed: typing in one is one step. */
function groupOf(editing: Editing, key: NodeKey | undefined): string {
  return `fields ${key ?? ''} ${editing.state.selection.join(' ')}`;
}

function Side({
  editing,
  services,
  view,
  setHovered,
}: Pick<ViewsProps, 'editing' | 'services' | 'view'> & { setHovered: (id: string | null) => void }) {
  const { editor, state, faults } = editing;
  const { definition, selection, broken } = state;
  if (view === 'json') {
    return (
      <JsonPane
        definition={definition}
        broken={broken}
        faults={faults}
        onDefinition={(found) => {
          editor.apply({ definition: found }, 'text');
        }}
        onBroken={(text) => {
          editor.store.setState({ broken: text });
        }}
      />
    );
  }
  if (broken !== null) return null;
  return (
    <NodePane
      definition={definition}
      selection={selection}
      faults={faults}
      services={services}
      onHover={setHovered}
      unfinished={editing.state.unfinished}
      onUnfinished={(unfinished) => {
        editor.store.setState({ unfinished });
      }}
      onChange={(changed, selected) => {
        const chosen = selected === undefined ? {} : { selection: [selected] };
        if (changed === definition) editor.apply(chosen);
        else editor.apply({ definition: changed, ...chosen }, groupOf(editing, selected));
      }}
    />
  );
}

function Main({
  editing,
  services,
  view,
  onConnect,
  onAddBelow,
  lit,
}: ViewsProps & { lit: ReadonlySet<NodeKey> }) {
  const { editor, actions, state, counts } = editing;
  const { definition, selection } = state;
  const only = selection.length === 1 ? (selection[0] ?? null) : null;
  if (view !== 'outline') {
    return (
      <CanvasPane editor={editor} actions={actions} services={services} faults={counts} highlighted={lit} />
    );
  }
  return (
    <Outline
      definition={definition}
      selected={only}
      faults={counts}
      onSelect={(key) => {
        if (key !== only) editor.apply({ selection: [key] });
      }}
      onRename={actions.renameTo}
      onConnect={onConnect}
      onCut={actions.cutEdge}
      onRemove={(key) => {
        actions.remove([key]);
      }}
      onAddBelow={onAddBelow}
    />
  );
}

export function Views(props: ViewsProps) {
  const { editing, services, view, paletteOpen, onPaletteDone } = props;
  const { lit, setHovered } = useLit(editing);
  const isBroken = editing.state.broken !== null;
  return (
    <>
      {isBroken && <Broken editing={editing} />}
      <div className={`editor-views shows-${view} ${paletteOpen ? 'has-palette' : ''}`}>
        <div className="editor-main">
          <Main {...props} lit={lit} />
        </div>
        {paletteOpen && !isBroken && (
          <Palette
            services={services}
            onAdd={(item: Item) => {
              editing.actions.add(item, services);
              onPaletteDone();
            }}
            onLeave={onPaletteDone}
          />
        )}
        <div className="editor-side">
          <Side editing={editing} services={services} view={view} setHovered={setHovered} />
        </div>
      </div>
    </>
  );
}
