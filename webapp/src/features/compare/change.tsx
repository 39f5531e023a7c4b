/** How much faster or slower the second was. */

import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** Less is not worth a word: clocks and loads differ so much by themselves. */
const LEAST_PERCENT = 2;

export function Change({ before, after }: { before: number | null; after: number | null }) {
  const { t } = useTranslation();
  if (before === null || after === null || before <= 0) return null;
  const percent = Math.round((100 * (after - before)) / before);
  if (Math.abs(percent) < LEAST_PERCENT) return <Text span>{t('compare.alike')}</Text>;
  const words = percent < 0 ? 'compare.faster' : 'compare.slower';
  return (
    <Text span size="sm">
      {percent < 0 ? '▼' : '▲'} {t(words, { percent: Math.abs(percent) })}
    </Text>
  );
}
