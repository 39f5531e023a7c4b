/** A new key is made; what is to be sent is shown this once. */

import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  NumberInput,
  Stack,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/http';
import { SCOPES, type Scope, keys, makeKey } from '../../api/identity';
import { ErrorView } from '../../components/error-view';

const DAY = 86_400_000;

function Made({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="green" role="status" title={t('keys.made')}>
      <Code block className="command" tabIndex={0} aria-label={t('keys.key')}>
        {secret}
      </Code>
      <Group mt="xs">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {t(copied ? 'keys.copied' : 'keys.copy')}
            </Button>
          )}
        </CopyButton>
        <Button size="xs" variant="default" onClick={onDone}>
          {t('keys.done')}
        </Button>
      </Group>
    </Alert>
  );
}

interface Form {
  name: string;
  owner: string;
  scopes: Scope[];
  days: number | null;
}

const EMPTY: Form = { name: '', owner: '', scopes: ['submit'], days: 90 };

function Fields({ form, error, set }: { form: Form; error: unknown; set: (changed: Partial<Form>) => void }) {
  const { t } = useTranslation();
  const faults = error instanceof Problem ? error.errors : [];
  const fault = (field: string): string | undefined =>
    faults.find(({ pointer }) => pointer === `/${field}`)?.detail;
  return (
    <>
      {(['name', 'owner'] as const).map((field) => (
        <TextInput
          key={field}
          label={t(`keys.${field}`)}
          description={t(`keys.${field}Says`)}
          value={form[field]}
          error={fault(field)}
          maxLength={100}
          onChange={(event) => {
            set({ [field]: event.currentTarget.value });
          }}
        />
      ))}
      <Checkbox.Group
        label={t('keys.scopes')}
        value={form.scopes}
        onChange={(scopes) => {
          set({ scopes });
        }}
      >
        <Stack gap={4} mt={4}>
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} label={t(`keys.scope.${scope}`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <NumberInput
        label={t('keys.days')}
        description={t('keys.daysSays')}
        value={form.days ?? ''}
        min={1}
        max={36_500}
        allowDecimal={false}
        error={fault('expires')}
        onChange={(days) => {
          set({ days: typeof days === 'number' ? days : null });
        }}
      />
    </>
  );
}

export function NewKey() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [form, setForm] = useState(EMPTY);
  const making = useMutation({
    mutationFn: ({ days, ...wish }: Form) =>
      makeKey({ ...wish, expires: days === null ? null : new Date(Date.now() + days * DAY).toISOString() }),
    onSuccess: () => {
      setForm(EMPTY);
      void client.invalidateQueries({ queryKey: keys.queryKey });
    },
  });
  const isReady = form.name.trim() !== '' && form.owner.trim() !== '' && form.scopes.length > 0;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (isReady) making.mutate({ ...form, name: form.name.trim(), owner: form.owner.trim() });
  };
  if (making.data !== undefined) return <Made secret={making.data} onDone={making.reset} />;
  return (
    <form onSubmit={submit} aria-label={t('keys.make')}>
      <Stack gap="sm" maw={560}>
        <Fields
          form={form}
          error={making.error}
          set={(changed) => {
            setForm((before) => ({ ...before, ...changed }));
          }}
        />
        <Group>
          <Button type="submit" variant="default" loading={making.isPending} disabled={!isReady}>
            {t('keys.make')}
          </Button>
        </Group>
        {making.error && <ErrorView error={making.error} />}
      </Stack>
    </form>
  );
}
