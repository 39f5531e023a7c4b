/** Fields of one value each. Whatever JSON stands there, it is shown, and kept until it is changed. */

import { Button, Group, NumberInput, Text, TextInput, Textarea } from '@mantine/core';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Json } from '../../model/definition';
import { pointerOf } from '../../model/faults';
import { unfinishedAt } from '../../model/unfinished';
import { CodeField } from '../code/code-field';
import { JsonField } from '../code/json-field';
import { nameOf, useField, useHeld } from './held';
import type { Place } from './place';

export interface ValueProps {
  place: Place;
  hint?: string | undefined;
}

/** Any JSON. What is no JSON yet is kept beside the definition, until it is; an empty text takes the field out. */
export function JsonValue({ place, hint }: ValueProps) {
  const { unfinished, onUnfinished } = useHeld();
  const { value, set, faults } = useField(place);
  const stored = value === undefined ? '' : JSON.stringify(value, null, 2);
  const [draft, setDraft] = useState(() => ({
    stored,
    text: unfinishedAt(unfinished, place, stored)?.text ?? stored,
  }));
  const text = draft.stored === stored ? draft.text : stored;
  const marks = useMemo(
    () =>
      faults.map((fault) => ({
        pointer: pointerOf(fault.place.slice(place.length)),
        message: fault.message,
      })),
    [faults, place.length],
  );
  const change = (written: string): void => {
    const read = readJson(written);
    const next = read === NO_JSON ? stored : read === undefined ? '' : JSON.stringify(read, null, 2);
    setDraft({ stored: next, text: written });
    onUnfinished(place, read === NO_JSON ? { stored, text: written } : null);
    if (read !== NO_JSON && next !== stored) set(read);
  };
  return (
    <JsonField
      label={nameOf(place)}
      description={hint}
      value={text}
      onChange={change}
      faults={marks}
      optional
    />
  );
}

const NO_JSON = Symbol('no JSON');

function readJson(text: string): Json | undefined | typeof NO_JSON {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return NO_JSON;
  }
}

/** What a field shows whose value is not of its kind. */
export function Odd({ place }: { place: Place }) {
  const { t } = useTranslation();
  const { set } = useField(place);
  return (
    <div>
      <JsonValue place={place} />
      <Group gap="xs" justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {t('inspector.shape')}
        </Text>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            set(undefined);
          }}
        >
          {t('inspector.shapeClear', { field: nameOf(place) })}
        </Button>
      </Group>
    </div>
  );
}

/** The field for values of a kind, or what stands there in its place. */
export function Kept<T extends Json>(props: {
  place: Place;
  is: (value: Json) => value is T;
  children: (value: T | undefined) => ReactNode;
}) {
  const { value } = useField(props.place);
  if (value !== undefined && !props.is(value)) return <Odd place={props.place} />;
  return props.children(value);
}

export function isText(value: Json): value is string {
  return typeof value === 'string';
}

function isNumber(value: Json): value is number {
  return typeof value === 'number';
}

/** A text; an empty one takes the field out, unless it is needed. */
export function TextValue({ place, hint, long = false, needed = false }: TextValueProps) {
  const { set, error } = useField(place);
  const change = (text: string): void => {
    set(text === '' && !needed ? undefined : text);
  };
  return (
    <Kept place={place} is={isText}>
      {(value = '') => {
        const shared = {
          size: 'xs',
          label: nameOf(place),
          description: hint,
          value,
          error,
          errorProps: { role: 'status' },
        } as const;
        return long ? (
          <Textarea
            {...shared}
            autosize
            minRows={2}
            maxRows={8}
            onChange={(event) => {
              change(event.currentTarget.value);
            }}
          />
        ) : (
          <TextInput
            {...shared}
            onChange={(event) => {
              change(event.currentTarget.value);
            }}
          />
        );
      }}
    </Kept>
  );
}

interface TextValueProps extends ValueProps {
  long?: boolean;
  needed?: boolean;
}

export function NumberValue({ place, hint, standard }: ValueProps & { standard?: string }) {
  const { set, error } = useField(place);
  return (
    <Kept place={place} is={isNumber}>
      {(value) => (
        <NumberInput
          size="xs"
          label={nameOf(place)}
          description={hint}
          placeholder={standard}
          value={value ?? ''}
          error={error}
          errorProps={{ role: 'status' }}
          onChange={(written) => {
            if (written === '') set(undefined);
            else if (typeof written === 'number') set(written);
          }}
        />
      )}
    </Kept>
  );
}

/** Code; an empty text takes the field out. */
export function CodeValue({ place, hint, mode = 'code' }: ValueProps & { mode?: 'code' | 'expression' }) {
  const { names } = useHeld();
  const { set, faults } = useField(place);
  const told = useMemo(() => faults.map(({ line, message }) => ({ line: line ?? 1, message })), [faults]);
  return (
    <Kept place={place} is={isText}>
      {(value = '') => (
        <CodeField
          label={nameOf(place)}
          description={hint}
          mode={mode}
          value={value}
          faults={told}
          suggestions={names}
          onChange={(code) => {
            set(code === '' ? undefined : code);
          }}
        />
      )}
    </Kept>
  );
}
