/** A value of a JSON body: one field, or a group of fields where it is an object or a list. */

import {
  Button,
  Checkbox,
  CloseButton,
  Fieldset,
  Group,
  Stack,
  Text,
  TextInput,
  Textarea,
} from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { type Draft, type Shape, below, faultsAt, newItem } from '../../model/form';
import { useFaultText } from './fault-text';
import type { Wrong } from './use-submission';

export interface ValueFieldProps<S extends Shape = Shape> {
  label: string;
  pointer: string;
  shape: S;
  draft: Draft;
  faults: Wrong[];
  onChange: (draft: Draft) => void;
}

export function ValueField(props: ValueFieldProps) {
  const { label, pointer, shape, draft, faults, onChange } = props;
  const textOf = useFaultText();
  if (shape.kind === 'object') return <ObjectField {...props} shape={shape} />;
  if (shape.kind === 'list') return <ListField {...props} shape={shape} />;
  const error = textOf(faultsAt(faults, pointer, true));
  if (shape.kind === 'boolean') {
    return (
      <Checkbox
        label={label}
        checked={draft === true}
        error={error}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
    );
  }
  const value = typeof draft === 'string' ? draft : '';
  if (shape.kind === 'json') {
    return (
      <Textarea
        label={label}
        value={value}
        error={error}
        spellCheck={false}
        classNames={{ input: 'run-json' }}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
        autosize
        minRows={2}
        maxRows={14}
      />
    );
  }
  return (
    <TextInput
      label={label}
      value={value}
      error={error}
      inputMode={shape.kind === 'number' ? 'decimal' : 'text'}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

function OwnFault({ faults, pointer }: { faults: Wrong[]; pointer: string }) {
  const text = useFaultText()(faultsAt(faults, pointer, false));
  return text ? (
    <Text size="xs" c="var(--mantine-color-error)" role="alert">
      {text}
    </Text>
  ) : null;
}

function ObjectField({
  label,
  pointer,
  shape,
  draft,
  faults,
  onChange,
}: ValueFieldProps<Extract<Shape, { kind: 'object' }>>) {
  const values = draft as Record<string, Draft>;
  return (
    <Fieldset legend={label} className="run-group">
      <Stack gap="xs">
        {shape.fields.map(([key, inner]) => (
          <ValueField
            key={key}
            label={key}
            pointer={below(pointer, key)}
            shape={inner}
            draft={values[key] ?? null}
            faults={faults}
            onChange={(changed) => {
              onChange({ ...values, [key]: changed });
            }}
          />
        ))}
        <OwnFault faults={faults} pointer={pointer} />
      </Stack>
    </Fieldset>
  );
}

function ListField({
  label,
  pointer,
  shape,
  draft,
  faults,
  onChange,
}: ValueFieldProps<Extract<Shape, { kind: 'list' }>>) {
  const { t } = useTranslation();
  const items = draft as Draft[];
  const add = useRef<HTMLButtonElement>(null);
  return (
    <Fieldset legend={`${label} · ${t('run.items', { count: items.length })}`} className="run-group">
      <Stack gap="xs">
        {items.map((item, index) => (
          // Fields of an item are wholly given by its draft, so an index is as good as an id.
          <Item
            key={index}
            label={`${label} ${index + 1}`}
            pointer={below(pointer, index)}
            shape={shape.item}
            draft={item}
            faults={faults}
            onChange={(changed) => {
              onChange(items.map((each, at) => (at === index ? changed : each)));
            }}
            onRemove={() => {
              onChange(items.filter((_, at) => at !== index));
              add.current?.focus();
            }}
          />
        ))}
        <OwnFault faults={faults} pointer={pointer} />
        <Button
          ref={add}
          variant="default"
          size="compact-sm"
          className="run-add"
          onClick={() => {
            onChange([...items, newItem(shape.item)]);
          }}
        >
          {t('run.add', { name: label })}
        </Button>
      </Stack>
    </Fieldset>
  );
}

function Item({ onRemove, ...field }: ValueFieldProps & { onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap" align="flex-end">
      <div className="run-item">
        <ValueField {...field} />
      </div>
      <CloseButton aria-label={t('run.remove', { name: field.label })} onClick={onRemove} />
    </Group>
  );
}
