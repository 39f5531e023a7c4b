/** What is around every page: name, ways, language, light or dark. */

import {
  ActionIcon,
  Anchor,
  AppShell,
  Group,
  NativeSelect,
  Skeleton,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { Suspense, lazy } from 'react';
import { useTranslation } from 'react-i18next';

import { address } from '../api/http';
import { identity } from '../api/identity';
import { useApiKey, useRefused } from '../api/use-key';
import { LANGUAGES, chooseLanguage } from './i18n';

const KeyDialog = lazy(async () => ({
  default: (await import('../features/settings/key-dialog')).KeyDialog,
}));

const WAYS = [
  { to: '/', name: 'nav.catalogue' },
  { to: '/tasks', name: 'nav.tasks' },
  { to: '/status', name: 'nav.status' },
  { to: '/settings', name: 'nav.settings' },
] as const;

function Scheme() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={t('app.theme')}
      onClick={() => {
        setColorScheme(dark ? 'light' : 'dark');
      }}
    >
      {dark ? '☀' : '☾'}
    </ActionIcon>
  );
}

function Language() {
  const { t, i18n } = useTranslation();
  return (
    <NativeSelect
      aria-label={t('app.language')}
      value={i18n.language}
      data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
      onChange={(event) => {
        chooseLanguage(event.currentTarget.value);
      }}
    />
  );
}

/** What the address names; where a key is kept, once there is a session: pictures and downloads bear no header. */
function Content() {
  const key = useApiKey();
  const { isPending } = useQuery(identity);
  return key !== '' && isPending ? <Skeleton h={400} /> : <Outlet />;
}

export function Shell() {
  const { t } = useTranslation();
  const refused = useRefused();
  return (
    <AppShell header={{ height: { base: 96, sm: 56 } }} padding={{ base: 'xs', sm: 'md' }}>
      <a className="skip" href="#content" onClick={focusContent}>
        {t('app.skip')}
      </a>
      <AppShell.Header px={{ base: 'xs', sm: 'md' }}>
        <Group h="100%" justify="space-between" gap="xs">
          <Group gap="lg" component="nav">
            <Text fw={700} visibleFrom="sm">
              {t('app.name')}
            </Text>
            {WAYS.map(({ to, name }) => (
              <Link key={to} to={to} className="way" activeOptions={{ exact: to === '/' }}>
                {t(name)}
              </Link>
            ))}
            <Anchor href={address('/docs')} className="way">
              {t('nav.docs')}
            </Anchor>
          </Group>
          <Group gap="xs">
            <Language />
            <Scheme />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main id="content" tabIndex={-1}>
        <Content />
      </AppShell.Main>
      {refused && (
        <Suspense>
          <KeyDialog />
        </Suspense>
      )}
    </AppShell>
  );
}

/** The address names the page, so the link cannot lead there by itself. */
function focusContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
