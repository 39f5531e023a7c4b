/** The key for the engine: tried before it is taken, and kept for this tab or in this browser. */

import { Button, Checkbox, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/http';
import { beginSession } from '../../api/identity';
import { isRemembered, setApiKey } from '../../api/key';

/** Try a key, and take it where the engine knows it; everything is asked anew with it. */
export function useKey(onTaken: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ key, remember }: { key: string; remember: boolean }) => {
      await beginSession(key);
      setApiKey(key, remember);
    },
    onSuccess: () => {
      onTaken();
      void client.invalidateQueries();
    },
  });
}

export interface KeyFormProps {
  label: string;
  description?: string;
  enter: string;
  onTaken: () => void;
  /** Further buttons. */
  children?: ReactNode;
}

/** Why the key was not taken, in words. */
function useWords(error: Error | null): string | null {
  const { t } = useTranslation();
  if (error === null) return null;
  if (!(error instanceof Problem)) return t('settings.keyNotKept');
  return error.status === 401 ? t('keys.unknown') : error.message;
}

export function KeyForm({ label, description, enter, onTaken, children }: KeyFormProps) {
  const { t } = useTranslation();
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(isRemembered);
  const taking = useKey(() => {
    setKey('');
    onTaken();
  });
  const words = useWords(taking.error);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (key.trim()) taking.mutate({ key: key.trim(), remember });
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <PasswordInput
          data-autofocus
          label={label}
          description={description}
          value={key}
          error={words}
          errorProps={{ role: 'alert' }}
          visibilityToggleButtonProps={{ 'aria-label': t('settings.showKey'), tabIndex: 0 }}
          onChange={(event) => {
            setKey(event.currentTarget.value);
            taking.reset();
          }}
        />
        <Checkbox
          label={t('settings.remember')}
          description={t('settings.rememberSays')}
          checked={remember}
          onChange={(event) => {
            setRemember(event.currentTarget.checked);
          }}
        />
        <Group>
          <Button type="submit" loading={taking.isPending} disabled={!key.trim()}>
            {enter}
          </Button>
          {children}
        </Group>
        <Text size="sm" role="status">
          {taking.isSuccess && t('settings.keyKept')}
        </Text>
      </Stack>
    </form>
  );
}
