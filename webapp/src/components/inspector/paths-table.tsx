/** Names with a path each: `input`, `collect`, and the `out` of a side of a branch. */

import { ActionIcon, Button, Fieldset, Group, Input, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Json, type JsonObject, isObject } from '../../model/definition';
import { faultsAt } from '../../model/faults';
import type { Suggestion } from '../../model/paths';
import { PathField } from '../code/path-field';
import { nameOf, useField, useHeld } from './held';
import { type Place, freeName, renamedKey } from './place';
import { Kept } from './values';

export interface PathsTableProps {
  place: Place;
  hint?: string | undefined;
  suggestions: readonly Suggestion[];
  /** Names that are asked for and not there yet. */
  wanted?: readonly string[];
  /** What holds where the field is missing; then it can be taken out, and an empty one is another thing. */
  without?: string;
}

function isPaths(value: Json): value is JsonObject {
  return isObject(value);
}

export function PathsTable(props: PathsTableProps) {
  return (
    <Kept place={props.place} is={isPaths}>
      {(value) => <Table {...props} value={value} />}
    </Kept>
  );
}

function Table({
  place,
  hint,
  suggestions,
  wanted = [],
  without,
  value,
}: PathsTableProps & { value: JsonObject | undefined }) {
  const { faults, set } = useField(place);
  const [added, setAdded] = useState<string | null>(null);
  const rows = Object.entries(value ?? {});
  const add = (wish: string, focus: boolean): void => {
    const name = freeName(value ?? {}, wish);
    setAdded(focus ? name : null);
    set({ ...value, [name]: '' });
  };
  const own = faults.filter((fault) => fault.place.length === place.length);
  return (
    <Fieldset legend={nameOf(place)} className="inspector-table">
      {hint !== undefined && <Input.Description size="xs">{hint}</Input.Description>}
      {rows.length === 0 && without !== undefined && (
        <Missing place={place} without={without} value={value} />
      )}
      {rows.map(([name, path], index) => (
        <Row
          key={index}
          place={place}
          name={name}
          path={path}
          held={value ?? {}}
          fresh={name === added}
          suggestions={suggestions}
          fault={faultsAt(faults, ...place, name)
            .map(({ message }) => message)
            .join(' ')}
        />
      ))}
      <Adders place={place} wanted={wanted} onAdd={add} />
      {own.map(({ message }) => (
        <Input.Error key={message} role="status">
          {message}
        </Input.Error>
      ))}
    </Fieldset>
  );
}

function Missing({
  place,
  without,
  value,
}: {
  place: Place;
  without: string;
  value: JsonObject | undefined;
}) {
  const { t } = useTranslation();
  const { set } = useField(place);
  return (
    <Group gap="xs" justify="space-between">
      <Text size="xs">{value === undefined ? without : t('inspector.paths.nothing')}</Text>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          set(value === undefined ? {} : undefined);
        }}
      >
        {t(value === undefined ? 'inspector.paths.takeNothing' : 'inspector.paths.takeAll')}
      </Button>
    </Group>
  );
}

interface AddersProps {
  place: Place;
  wanted: readonly string[];
  onAdd: (wish: string, focus: boolean) => void;
}

function Adders({ place, wanted, onAdd }: AddersProps) {
  const { t } = useTranslation();
  const field = nameOf(place);
  return (
    <Group gap={6}>
      {wanted.map((name) => (
        <Button
          key={name}
          size="compact-xs"
          variant="default"
          aria-label={t('inspector.paths.addOne', { name, field })}
          onClick={() => {
            onAdd(name, false);
          }}
        >
          + {name}
        </Button>
      ))}
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          onAdd('name', true);
        }}
      >
        {t('inspector.paths.add', { field })}
      </Button>
    </Group>
  );
}

interface RowProps {
  place: Place;
  name: string;
  path: Json;
  held: JsonObject;
  fresh: boolean;
  suggestions: readonly Suggestion[];
  fault: string;
}

function Row({ place, name, path, held, fresh, suggestions, fault }: RowProps) {
  const { t } = useTranslation();
  const { onHover } = useHeld();
  const { set } = useField(place);
  const label = nameOf([...place, name]);
  const odd = typeof path === 'string' ? '' : t('inspector.paths.wrong', { value: JSON.stringify(path) });
  const remove = (): void => {
    set(Object.fromEntries(Object.entries(held).filter(([key]) => key !== name)));
  };
  return (
    <div className="inspector-row">
      <Name
        label={t('inspector.paths.name', { path: label })}
        name={name}
        fresh={fresh}
        isTaken={(wish) => wish !== name && wish in held}
        onChange={(wish) => {
          set(renamedKey(held, name, wish));
        }}
      />
      <PathField
        bare
        label={label}
        value={typeof path === 'string' ? path : ''}
        suggestions={suggestions}
        fault={odd || fault || undefined}
        onHover={onHover}
        onChange={(written) => {
          set({ ...held, [name]: written });
        }}
      />
      <ActionIcon
        variant="default"
        size={30}
        aria-label={t('inspector.paths.remove', { path: label })}
        onClick={remove}
      >
        ×
      </ActionIcon>
    </div>
  );
}

interface NameProps {
  label: string;
  name: string;
  fresh: boolean;
  isTaken: (wish: string) => boolean;
  onChange: (name: string) => void;
}

/** The name of a row: it is given when the field is left, so that no other name is met on the way. */
function Name({ label, name, fresh, isTaken, onChange }: NameProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState({ name, text: name });
  const text = draft.name === name ? draft.text : name;
  const taken = isTaken(text);
  const write = (written: string): void => {
    setDraft({ name, text: written });
  };
  const give = (): void => {
    if (text === '') write(name);
    else if (text !== name && !taken) onChange(text);
  };
  return (
    <TextInput
      size="xs"
      aria-label={label}
      value={text}
      autoFocus={fresh}
      error={taken && t('inspector.paths.taken', { name: text })}
      errorProps={{ role: 'status' }}
      onChange={(event) => {
        write(event.currentTarget.value);
      }}
      onBlur={give}
      onKeyDown={(event) => {
        if (event.key === 'Enter') give();
        if (event.key === 'Escape') write(name);
      }}
    />
  );
}
