/** The form of a submission, and the same as a command. */

import './run.css';

import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useDenied } from '../../api/use-key';
import { ErrorView } from '../../components/error-view';
import type { Json } from '../../model/definition';
import { type Draft, below } from '../../model/form';
import { Commands } from './commands';
import { PartField } from './part-field';
import { SendingView } from './sending-view';
import { usePasted } from './use-pasted';
import { type Wrong, useSubmission } from './use-submission';
import { ValueField } from './value-field';

export interface RunFormProps {
  route: string;
  body: Json;
  onStarted: (taskId: string) => void;
}

/** Files that are dropped on the form or pasted on the page, and what is said of it. */
function useGiven(take: (files: File[]) => string[]) {
  const { t } = useTranslation();
  const [said, setSaid] = useState('');
  const [over, setOver] = useState(false);
  const given = (files: File[]): void => {
    const names = take(files);
    setSaid(names.length > 0 ? t('run.taken', { names: names.join(', ') }) : t('run.noRoom'));
  };
  usePasted(given);
  const isFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const dropping = {
    onDrop: (event: DragEvent): void => {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(false);
      given([...event.dataTransfer.files]);
    },
    onDragOver: (event: DragEvent): void => {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent): void => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
  };
  return { said, over, dropping };
}

/** The form, whose first wrong field is gone to when there are faults. */
function useFirstWrong(faults: Wrong[]) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (faults.length === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-wrong]')?.focus();
  }, [faults]);
  return form;
}

function Fields({ fields, drafts, faults, change }: ReturnType<typeof useSubmission>) {
  return fields.map((field) => {
    const { name } = field;
    const common = {
      draft: drafts[name] ?? null,
      faults,
      onChange: (draft: Draft) => {
        change({ [name]: draft });
      },
    };
    return field.kind === 'part' ? (
      <PartField key={name} name={name} {...common} />
    ) : (
      <ValueField key={name} label={name} pointer={below('', name)} shape={field.shape} {...common} />
    );
  });
}

export function RunForm({ route, body, onStarted }: RunFormProps) {
  const { t } = useTranslation();
  const submission = useSubmission(route, body, onStarted);
  const { fields, drafts, faults, error, sending, take, reset, send } = submission;
  const { said, over, dropping } = useGiven(take);
  const form = useFirstWrong(faults);
  const denied = useDenied('submit');
  return (
    <form
      noValidate
      ref={form}
      aria-label={t('run.title')}
      className={over ? 'run is-over' : 'run'}
      {...dropping}
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending && denied === null) void send();
      }}
    >
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t('run.title')}
          </Title>
          {fields.length > 0 && (
            <Anchor component="button" type="button" size="sm" onClick={reset}>
              {t('run.reset')}
            </Anchor>
          )}
        </Group>
        {fields.length === 0 && <Text size="sm">{t('run.nothing')}</Text>}
        <Fields {...submission} />
        <Group>
          <Button type="submit" loading={sending !== null} disabled={denied !== null}>
            {t('run.submit')}
          </Button>
          {denied !== null && <Text size="sm">{denied}</Text>}
        </Group>
        {sending && <SendingView sending={sending} />}
        {error !== null && <ErrorView error={error} />}
        <div role="status" aria-live="polite" className="unseen">
          {said}
        </div>
        <Commands route={route} fields={fields} drafts={drafts} />
      </Stack>
    </form>
  );
}
