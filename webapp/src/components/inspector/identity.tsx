/** Who a node is: its id and its type. */

import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { NODE_TYPES, type NodeType, idOf, typeOf } from '../../model/definition';
import { idFault, rename, setFields } from '../../model/edit';
import { useField, useHeld } from './held';
import { retyped } from './retyped';
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
