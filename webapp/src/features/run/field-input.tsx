/** One field of a submission. */

import { Checkbox, FileButton, Button, Group, Input, JsonInput, Stack, Text, TextInput } from '@mantine/core';
import { type ClipboardEvent, type DragEvent, useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Entered, Fault, Field } from '../../model/form';
import { sizeText } from '../../model/words';

export interface FieldInputProps {
  field: Field;
  value: Entered;
  fault: Fault['reason'] | undefined;
  onChange: (value: Entered) => void;
}

export function FieldInput({ field, value, fault, onChange }: FieldInputProps) {
  const { t } = useTranslation();
  const error = fault && t(`run.fault.${fault}`);
  if (field.kind === 'file')
    return <FileField name={field.name} value={value} error={error} onChange={onChange} />;
  if (field.kind === 'boolean') {
    return (
      <Checkbox
        label={field.name}
        checked={value === true}
        onChange={(event) => {
          onChange(event.currentTarget.checked);
        }}
      />
    );
  }
  const text = typeof value === 'string' ? value : '';
  if (field.kind === 'json') {
    return (
      <JsonInput
        label={field.name}
        value={text}
        onChange={onChange}
        error={error}
        autosize
        minRows={2}
        maxRows={12}
      />
    );
  }
  return (
    <TextInput
      label={field.name}
      value={text}
      error={error}
      inputMode={field.kind === 'number' ? 'decimal' : 'text'}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

interface FileFieldProps {
  name: string;
  value: Entered;
  error: string | undefined;
  onChange: (value: Entered) => void;
}

function FileField({ name, value, error, onChange }: FileFieldProps) {
  const { t } = useTranslation();
  const take = (files: FileList): void => {
    const file = files.item(0);
    if (file) onChange(file);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files);
  };
  const paste = (event: ClipboardEvent): void => {
    take(event.clipboardData.files);
  };
  return (
    <Input.Wrapper label={name} error={error} labelElement="div">
      <Stack
        className="drop"
        gap="xs"
        role="group"
        aria-label={name}
        tabIndex={0}
        onPaste={paste}
        onDrop={drop}
        onDragOver={(event) => {
          event.preventDefault();
        }}
      >
        {value instanceof File && <Preview file={value} />}
        <Group gap="sm">
          <FileButton
            onChange={(file) => {
              if (file) onChange(file);
            }}
            inputProps={{ 'aria-label': name }}
          >
            {(props) => (
              <Button variant="default" size="xs" {...props}>
                {t('run.file')}
              </Button>
            )}
          </FileButton>
        </Group>
      </Stack>
    </Input.Wrapper>
  );
}

function Preview({ file }: { file: File }) {
  const { t } = useTranslation();
  const isPicture = file.type.startsWith('image/');
  const url = useMemo(() => (isPicture ? URL.createObjectURL(file) : null), [file, isPicture]);
  useEffect(
    () => () => {
      if (url) URL.revokeObjectURL(url);
    },
    [url],
  );
  return (
    <>
      {url && <img src={url} alt={file.name} className="preview" />}
      <Text size="sm">{t('run.chosen', { name: file.name, size: sizeText(file.size) })}</Text>
    </>
  );
}
