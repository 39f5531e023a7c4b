/** The graph as a table that is read and edited without seeing it. */

import { Table, TextInput } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { colourOf, signOf, summaryOf } from '../../components/canvas/kinds';
import type { Definition, NodeKey } from '../../model/definition';
import { idFault } from '../../model/edit';
import { type EdgeKind, graphOf } from '../../model/graph';
import { type Row, rowsOf } from '../../model/outline';

export interface OutlineProps {
  definition: Definition;
  selected: NodeKey | null;
  faults: ReadonlyMap<NodeKey, number>;
  onSelect: (key: NodeKey) => void;
  onRename: (key: NodeKey, id: string) => void;
  onConnect: (source: NodeKey, kind: EdgeKind) => void;
  onCut: (source: NodeKey, name: string, kind: EdgeKind) => void;
  onRemove: (key: NodeKey) => void;
  onAddBelow: (key: NodeKey) => void;
}

interface LineProps extends Omit<OutlineProps, 'selected' | 'faults' | 'onSelect'> {
  row: Row;
  faults: number;
}

function IdField({ row, definition, onRename }: Pick<LineProps, 'row' | 'definition' | 'onRename'>) {
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  const fault = text === null ? null : idFault(definition, row.key, text);
  const take = (): void => {
    if (text !== null && fault === null) onRename(row.key, text);
    setText(null);
  };
  return (
    <TextInput
      size="xs"
      aria-label={t('editor.idOf', { id: row.id })}
      value={text ?? row.id}
      error={fault === null ? null : t(`editor.${fault}`)}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        if (event.key === 'Escape') setText(null);
      }}
    />
  );
}

/** The targets of one side: each can be cut, and another one chosen. */
function Way({ row, kind, next, onConnect, onCut }: LineProps & { kind: EdgeKind; next: string[] }) {
  const { t } = useTranslation();
  return (
    <div className="way-out">
      {kind === 'next' ? '' : `${kind}: `}
      {next.map((name) => (
        <button
          key={name}
          type="button"
          className="chip"
          aria-label={t('editor.cutOne', { from: row.id, to: name, kind })}
          onClick={() => {
            onCut(row.key, name, kind);
          }}
        >
          {name} <span aria-hidden>✕</span>
        </button>
      ))}
      <button
        type="button"
        className="chip"
        aria-label={t('editor.connectFrom', { from: row.id, kind })}
        onClick={() => {
          onConnect(row.key, kind);
        }}
      >
        +
      </button>
    </div>
  );
}

const Line = memo(function Line(props: LineProps) {
  const { row, faults, onRemove, onAddBelow } = props;
  const { t } = useTranslation();
  const drawn = { key: row.key, id: row.id, kind: row.kind, parent: null, node: row.node, starts: false };
  return (
    <>
      <Table.Th scope="row" style={{ paddingInlineStart: 8 + 24 * row.depth }}>
        <IdField {...props} />
      </Table.Th>
      <Table.Td>
        <span aria-hidden style={{ color: colourOf(row.kind) }}>
          {signOf(row.kind)}
        </span>{' '}
        {t(`graph.kind.${row.kind}`)}
        {row.depth > 0 && <span className="unseen">, {t('editor.depth', { depth: row.depth })}</span>}
      </Table.Td>
      <Table.Td className="does">
        {summaryOf(drawn)}
        {faults > 0 && <span className="state state-error">⚠ {t('graph.faults', { count: faults })}</span>}
      </Table.Td>
      <Table.Td>
        {row.ways.map(({ kind, next }) => (
          <Way key={kind} {...props} kind={kind} next={next} />
        ))}
      </Table.Td>
      <Table.Td className="row-actions">
        <button
          type="button"
          className="chip"
          aria-label={t('editor.addBelow', { id: row.id })}
          onClick={() => {
            onAddBelow(row.key);
          }}
        >
          + {t('editor.below')}
        </button>
        <button
          type="button"
          className="chip"
          aria-label={t('editor.remove', { id: row.id })}
          onClick={() => {
            onRemove(row.key);
          }}
        >
          {t('editor.delete')}
        </button>
      </Table.Td>
    </>
  );
});

export function Outline({ selected, faults, onSelect, ...rest }: OutlineProps) {
  const { t } = useTranslation();
  const rows = useMemo(() => rowsOf(rest.definition), [rest.definition]);
  const edges = useMemo(() => graphOf(rest.definition).edges.length, [rest.definition]);
  return (
    <Table.ScrollContainer minWidth={760} className="outline" mah="100%">
      <Table stickyHeader verticalSpacing={4}>
        <Table.Caption>{t('editor.outlineSays', { nodes: rows.length, edges })}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            {(['id', 'type', 'does', 'next', 'actions'] as const).map((name) => (
              <Table.Th key={name}>{t(`editor.column.${name}`)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr
              key={row.key}
              data-row={row.id}
              data-selected={row.key === selected}
              onFocus={() => {
                onSelect(row.key);
              }}
            >
              <Line {...rest} row={row} faults={faults.get(row.key) ?? 0} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
