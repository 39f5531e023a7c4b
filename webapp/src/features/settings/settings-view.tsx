/** What this browser remembers of a person's wishes: light or dark, language, the key for the engine. */

import {
  Button,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { identity } from '../../api/identity';
import { setApiKey } from '../../api/key';
import { useApiKey } from '../../api/use-key';
import { IdentityView } from './identity-view';
import { KeyForm } from './key-form';
import { KeysView } from './keys-view';

const SCHEMES = ['auto', 'light', 'dark'] as const;

export interface SettingsProps {
  /** The languages that there are, by their code. */
  languages: Record<string, string>;
  onLanguage: (language: string) => void;
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

/** The key that is sent: another one, or none any more. An engine that asks for none may stand behind one that does. */
function OwnKey() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const kept = useApiKey();
  const [gone, setGone] = useState(false);
  return (
    <section aria-label={t('settings.key')}>
      <KeyForm
        label={t('settings.key')}
        description={t('settings.keySays')}
        enter={t('settings.take')}
        onTaken={() => {
          setGone(false);
        }}
      >
        <Button
          variant="default"
          disabled={!kept}
          onClick={() => {
            setApiKey('', false);
            setGone(true);
            void client.invalidateQueries();
          }}
        >
          {t('settings.forget')}
        </Button>
      </KeyForm>
      <Text size="sm" role="status">
        {gone && t('settings.keyGone')}
      </Text>
    </section>
  );
}

export function SettingsView({ languages, onLanguage }: SettingsProps) {
  const { t, i18n } = useTranslation();
  const { data } = useQuery(identity);
  const isAdmin = data?.keys === true && data.scopes.includes('admin');
  return (
    <Stack gap="xl">
      <Stack maw={560} gap="lg">
        <Title order={1} size="h3">
          {t('settings.title')}
        </Title>
        <Theme />
        <NativeSelect
          label={t('settings.language')}
          value={i18n.language}
          data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          onChange={(event) => {
            onLanguage(event.currentTarget.value);
          }}
        />
        <IdentityView />
        <OwnKey />
      </Stack>
      {isAdmin && <KeysView />}
    </Stack>
  );
}
