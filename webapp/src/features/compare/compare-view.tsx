/** Two tasks side by side. */

import { Alert, Stack, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export interface CompareViewProps {
  a?: string | undefined;
  b?: string | undefined;
  onChoose: (chosen: { a?: string; b?: string }) => void;
}

export function CompareView({ a, b }: CompareViewProps) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Title order={1} size="h3">
        {t('compare.title')}
      </Title>
      {!(a && b) && <Alert color="gray">{t('compare.choose')}</Alert>}
    </Stack>
  );
}
