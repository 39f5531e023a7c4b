/** Who a node is: its id and its type. */

import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Json, type JsonObject, NODE_TYPES, type NodeType, idOf, typeOf } from '../../model/definition';
import { idFault, newNode, rename, setFields } from '../../model/edit';
import { useField, useHeld } from './held';
import { Kept, isText } from './values';

/** The id: it is given when the field is left or by Enter, and all that names the node follows. */
export function IdField() {
  const { t } = useTranslation();
  const { definition, nodeKey, node, change } = useHeld();
  const { error } = useField(['id']);
  const id = idOf(node);
  const [draft, setDraft] = useState({ id, text: id });
  const text = draft.id === id ? draft.text : id;
  const refused = text === id ? null : idFault(definition, nodeKey, text);
  const write = (written: string): void => {
    setDraft({ id, text: written });
  };
  const give = (): void => {
    if (text !== id && refused === null) change(rename(definition, nodeKey, text), nodeKey);
  };
  return (
    <Kept place={['id']} is={isText}>
      {() => (
        <TextInput
          size="xs"
          label="id"
          description={t('inspector.id.hint')}
          value={text}
          spellCheck={false}
          autoCapitalize="off"
          error={refused === null ? error : t(`inspector.id.${refused}`)}
          errorProps={{ role: 'alert' }}
          onChange={(event) => {
            write(event.currentTarget.value);
          }}
          onBlur={give}
          onKeyDown={(event) => {
            if (event.key === 'Enter') give();
            if (event.key === 'Escape') write(id);
          }}
        />
      )}
    </Kept>
  );
}

/** The type: fields that a new node of the old type has, and that were left so, go; those that the new one needs come. */
export function TypeField() {
  const { t } = useTranslation();
  const { definition, nodeKey, node, change } = useHeld();
  const { error } = useField(['type']);
  const type = typeOf(node);
  const shown = type ?? JSON.stringify(node['type']);
  return (
    <NativeSelect
      size="xs"
      label="type"
      value={shown}
      error={error}
      errorProps={{ role: 'status' }}
      data={[
        ...(type === null ? [{ value: shown, label: shown }] : []),
        ...NODE_TYPES.map((value) => ({ value, label: t(`inspector.type.${value}`) })),
      ]}
      onChange={(event) => {
        const chosen = event.currentTarget.value as NodeType;
        change(setFields(definition, nodeKey, retyped(node, type, chosen)), nodeKey);
      }}
    />
  );
}

const OF_ALL: ReadonlySet<string> = new Set(['id', 'type', 'next']);

function retyped(node: JsonObject, from: NodeType | null, to: NodeType): Record<string, Json | undefined> {
  const old = from === null ? {} : newNode(from, idOf(node));
  const needed = newNode(to, idOf(node));
  const fields: Record<string, Json | undefined> = { type: to };
  for (const [name, value] of Object.entries(old)) {
    const isUntouched = JSON.stringify(value) === JSON.stringify(node[name]);
    if (!OF_ALL.has(name) && isUntouched) fields[name] = undefined;
  }
  for (const [name, value] of Object.entries(needed)) {
    if (!OF_ALL.has(name) && node[name] === undefined) fields[name] = value;
  }
  return fields;
}
