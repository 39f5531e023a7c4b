/** What this browser remembers of a person's wishes: light or dark, language, the key for the engine. */

import {
  Alert,
  Button,
  Checkbox,
  Group,
  NativeSelect,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isRemembered, setApiKey } from '../../api/key';
import { useApiKey } from '../../api/use-key';

const SCHEMES = ['auto', 'light', 'dark'] as const;

export interface SettingsProps {
  /** The languages that there are, by their code. */
  languages: Record<string, string>;
  onLanguage: (language: string) => void;
  /** The engine has refused a request for want of a key. */
  refused?: boolean | undefined;
}

function Theme() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div>
      <Text fw={500} size="sm" mb={4} id="theme-label">
        {t('settings.theme')}
      </Text>
      <SegmentedControl
        aria-labelledby="theme-label"
        value={colorScheme}
        onChange={(value) => {
          setColorScheme(value);
        }}
        data={SCHEMES.map((value) => ({ value, label: t(`settings.${value}`) }))}
      />
    </div>
  );
}

type Told = 'keyKept' | 'keyGone' | 'keyNotKept' | null;

/** Take the key, or with an empty text forget it; what came of it is told. */
function useKeyForm() {
  const client = useQueryClient();
  const kept = useApiKey();
  const [key, setKey] = useState(kept);
  const [remember, setRemember] = useState(isRemembered);
  const [told, setTold] = useState<Told>(null);
  const take = (wish: string): void => {
    setKey(wish);
    try {
      setApiKey(wish.trim(), remember);
      setTold(wish.trim() ? 'keyKept' : 'keyGone');
      void client.invalidateQueries();
    } catch {
      setTold('keyNotKept');
    }
  };
  return { kept, key, setKey, remember, setRemember, told, take };
}

function Key({ refused }: { refused: boolean }) {
  const { t } = useTranslation();
  const { kept, key, setKey, remember, setRemember, told, take } = useKeyForm();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    take(key);
  };
  return (
    <form onSubmit={submit} autoComplete="off">
      <Stack gap="sm">
        <PasswordInput
          label={t('settings.key')}
          description={t('settings.keySays')}
          value={key}
          error={refused && told === null && t('settings.refused')}
          visibilityToggleButtonProps={{ 'aria-label': t('settings.showKey'), tabIndex: 0 }}
          onChange={(event) => {
            setKey(event.currentTarget.value);
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
          <Button type="submit">{t('settings.take')}</Button>
          <Button
            variant="default"
            disabled={!kept}
            onClick={() => {
              take('');
            }}
          >
            {t('settings.forget')}
          </Button>
        </Group>
        <Text size="sm" role="status">
          {told && t(`settings.${told}`)}
        </Text>
      </Stack>
    </form>
  );
}

export function SettingsView({ languages, onLanguage, refused = false }: SettingsProps) {
  const { t, i18n } = useTranslation();
  return (
    <Stack maw={560} gap="lg">
      <Title order={1} size="h3">
        {t('settings.title')}
      </Title>
      {refused && (
        <Alert color="orange" role="alert">
          {t('settings.refused')}
        </Alert>
      )}
      <Theme />
      <NativeSelect
        label={t('settings.language')}
        value={i18n.language}
        data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
        onChange={(event) => {
          onLanguage(event.currentTarget.value);
        }}
      />
      <Key refused={refused} />
    </Stack>
  );
}
