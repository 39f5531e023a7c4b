/** What the two tasks were given. */

import { Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { differencesOf, givenTo } from '../../model/compare';
import { Differences } from './differences';
import type { PairProps } from './facts';
import { Pictures } from './pictures';

export function Inputs({ a, b }: PairProps) {
  const { t } = useTranslation();
  const [one, other] = [givenTo(a), givenTo(b)];
  const differences = differencesOf(one, other);
  const ids: [string, string] = [a.raw.id, b.raw.id];
  return (
    <Stack gap="xs" component="section" aria-label={t('compare.input')}>
      <Title order={2} size="h4">
        {t('compare.input')}
      </Title>
      {differences.length === 0 ? (
        <Text size="sm">{t('compare.sameInput')}</Text>
      ) : (
        <Differences differences={differences} tasks={ids} />
      )}
      <Pictures a={one} b={other} tasks={ids} />
    </Stack>
  );
}
