/** The dialogs of the editor: connecting by choosing, all commands, and the shortcuts. */

import { Kbd, Modal, Table } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { type Definition, type NodeKey, idOf, placed, typeOf } from '../../model/definition';
import { find } from '../../model/edit';
import type { EdgeKind } from '../../model/graph';
import { COMMANDS, type Command, shortcutOf, shortcutsOf } from '../../model/keys';
import { sidesOf, targetsOf } from '../../model/outline';
import { Picker } from './picker';

export type Open =
  | { dialog: 'connect'; source: NodeKey; kind: EdgeKind | null }
  | { dialog: 'palette' }
  | { dialog: 'shortcuts' };

interface ConnectProps {
  definition: Definition;
  source: NodeKey;
  /** The side of a branch; null where it is to be chosen first. */
  kind: EdgeKind | null;
  onKind: (kind: EdgeKind) => void;
  onTarget: (target: NodeKey, kind: EdgeKind) => void;
  onCut: (name: string, kind: EdgeKind) => void;
  onClose: () => void;
}

const CUT = 'cut ';

/** First the side of a branch, then the target; what cannot be is listed with its reason, what is connected can be cut. */
export function ConnectDialog({ definition, source, kind, ...tell }: ConnectProps) {
  const { t } = useTranslation();
  const node = find(definition, source)?.node ?? {};
  const from = idOf(node);
  const sides = sidesOf(node);
  const side = kind ?? (sides.length === 1 ? sides[0] : undefined);
  const targets = side ? targetsOf(definition, source, side) : [];
  const options = targets.map(({ key, id, kind: type, why }) => ({
    id: why === 'alreadyThere' ? `${CUT}${id}` : key,
    label: id,
    detail: t(why === 'alreadyThere' ? 'editor.connectedCut' : `graph.kind.${type}`),
    why: why === null || why === 'alreadyThere' ? null : t(`graph.refused.${why}`),
  }));
  if (!side) {
    return (
      <Picker
        key="side"
        title={t('editor.chooseSide', { from })}
        label={t('editor.side')}
        options={sides.map((each) => ({ id: each, label: each, detail: t(`editor.sideSays.${each}`) }))}
        onChoose={(chosen) => {
          tell.onKind(chosen as EdgeKind);
        }}
        onClose={tell.onClose}
      />
    );
  }
  return (
    <Picker
      key="target"
      title={t(side === 'next' ? 'editor.chooseTarget' : 'editor.chooseTargetOf', { from, side })}
      label={t('editor.target')}
      options={options}
      onChoose={(chosen) => {
        if (chosen.startsWith(CUT)) tell.onCut(chosen.slice(CUT.length), side);
        else tell.onTarget(chosen, side);
      }}
      onClose={tell.onClose}
    />
  );
}

interface CommandsProps {
  definition: Definition;
  onCommand: (command: Command) => void;
  onJump: (key: NodeKey) => void;
  onClose: () => void;
}

/** Every command with its keys, and every node to go to. */
export function CommandsDialog({ definition, onCommand, onJump, onClose }: CommandsProps) {
  const { t } = useTranslation();
  const options = useMemo(() => {
    const commands = COMMANDS.filter((each) => each !== 'palette' && each !== 'unselect').map((each) => ({
      id: each,
      label: t(`editor.command.${each}`),
      shortcut: shortcutOf(each),
    }));
    const nodes = placed(definition).map(({ key, node }) => ({
      id: key,
      label: t('editor.goTo', { id: idOf(node) }),
      detail: t(`graph.kind.${typeOf(node) ?? 'unknown'}`),
    }));
    return [...commands, ...nodes];
  }, [definition, t]);
  return (
    <Picker
      title={t('editor.commands')}
      label={t('editor.searchCommand')}
      options={options}
      onChoose={(chosen) => {
        if (chosen.startsWith('/')) onJump(chosen);
        else onCommand(chosen as Command);
      }}
      onClose={onClose}
    />
  );
}

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('editor.shortcuts')}
      closeButtonProps={{ 'aria-label': t('editor.close') }}
    >
      <Table>
        <Table.Tbody>
          <Table.Tr>
            <Table.Th scope="row">{t('editor.arrows')}</Table.Th>
            <Table.Td>
              <Kbd>←</Kbd> <Kbd>→</Kbd> <Kbd>↑</Kbd> <Kbd>↓</Kbd>
            </Table.Td>
          </Table.Tr>
          {COMMANDS.filter((each) => shortcutOf(each)).map((each) => (
            <Table.Tr key={each}>
              <Table.Th scope="row">{t(`editor.command.${each}`)}</Table.Th>
              <Table.Td>
                {shortcutsOf(each).map((keys) => (
                  <Kbd key={keys} mr={4}>
                    {keys}
                  </Kbd>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
