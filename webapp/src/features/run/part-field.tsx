/** A part of a form: a file, or JSON in its place. */

import { Anchor, Button, CloseButton, FileButton, Group, Input, Stack, Text, Textarea } from '@mantine/core';
import { type DragEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Draft, below, faultsAt } from '../../model/form';
import { isShown } from '../../model/pictures';
import { sizeText } from '../../model/words';
import { useFaultText } from './fault-text';
import type { Wrong } from './use-submission';

/** A larger picture is not shown: decoding it would hold up the page. */
const LARGEST_PREVIEW = 40_000_000;

export interface PartFieldProps {
  name: string;
  draft: Draft;
  faults: Wrong[];
  onChange: (draft: Draft) => void;
}

export function PartField({ name, draft, faults, onChange }: PartFieldProps) {
  const { t } = useTranslation();
  const error = useFaultText()(faultsAt(faults, below('', name), true));
  const other = typeof draft === 'string';
  return (
    <Stack gap={4}>
      {other ? (
        <Textarea
          label={name}
          description={t('run.jsonPart', { name })}
          placeholder={`{"${name}": …}`}
          value={draft}
          error={error}
          spellCheck={false}
          classNames={{ input: 'run-json' }}
          onChange={(event) => {
            onChange(event.currentTarget.value);
          }}
          autosize
          minRows={3}
          maxRows={14}
        />
      ) : (
        <FileField
          name={name}
          file={draft instanceof File ? draft : null}
          error={error}
          onChange={onChange}
        />
      )}
      <Anchor
        component="button"
        type="button"
        size="xs"
        className="run-switch"
        onClick={() => {
          onChange(other ? null : '');
        }}
      >
        {t(other ? 'run.asFile' : 'run.asJson', { name })}
      </Anchor>
    </Stack>
  );
}

interface FileFieldProps {
  name: string;
  file: File | null;
  error: string | undefined;
  onChange: (draft: Draft) => void;
}

function FileField({ name, file, error, onChange }: FileFieldProps) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const dropped = event.dataTransfer.files.item(0);
    if (dropped) onChange(dropped);
  };
  return (
    <Input.Wrapper label={name} error={error} labelElement="div">
      <Stack
        className={over ? 'drop is-over' : 'drop'}
        gap="xs"
        role="group"
        aria-label={name}
        onDrop={drop}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
      >
        {file && <Chosen file={file} />}
        <Choose name={name} file={file} error={error} onChange={onChange} />
      </Stack>
    </Input.Wrapper>
  );
}

function Choose({ name, file, error, onChange }: FileFieldProps) {
  const { t } = useTranslation();
  const again = useRef<() => void>(null);
  const words = t(file ? 'run.other' : 'run.choose');
  const take = (chosen: File | null): void => {
    if (chosen) onChange(chosen);
    again.current?.(); // so that the same file can be chosen after a change
  };
  return (
    <Group gap="xs">
      <FileButton resetRef={again} onChange={take} inputProps={{ 'aria-label': name }}>
        {(props) => (
          <Button
            variant="default"
            size="xs"
            {...props}
            aria-label={`${name}: ${words}`}
            data-wrong={error === undefined ? undefined : true}
          >
            {words}
          </Button>
        )}
      </FileButton>
      {file ? (
        <CloseButton
          size="sm"
          aria-label={t('run.remove', { name })}
          onClick={() => {
            onChange(null);
          }}
        />
      ) : (
        <Text size="sm" c="dimmed">
          {t('run.file')}
        </Text>
      )}
    </Group>
  );
}

function Chosen({ file }: { file: File }) {
  const { t } = useTranslation();
  const [pixels, setPixels] = useState('');
  const isPicture = isShown(file.type) && file.size <= LARGEST_PREVIEW;
  const url = useMemo(() => (isPicture ? URL.createObjectURL(file) : null), [file, isPicture]);
  useEffect(
    () => () => {
      if (url) URL.revokeObjectURL(url);
    },
    [url],
  );
  const about = [t('run.chosen', { name: file.name, size: sizeText(file.size) }), file.type, pixels];
  return (
    <>
      {url && (
        <img
          src={url}
          alt={file.name}
          className="preview"
          onLoad={(event) => {
            const { naturalWidth, naturalHeight } = event.currentTarget;
            setPixels(`${naturalWidth} × ${naturalHeight}`);
          }}
        />
      )}
      <Text size="sm" className="run-name">
        {about.filter(Boolean).join(', ')}
      </Text>
    </>
  );
}
