/** How much of a submission has been sent; small ones are there before that could be read. */

import { Button, Group, Progress, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { sizeText } from '../../model/words';
import type { Sending } from './use-submission';

const SMALL = 1_000_000;

export function SendingView({ sending: { progress, cancel } }: { sending: Sending }) {
  const { t } = useTranslation();
  if (!progress || progress.total < SMALL) return null;
  const percent = Math.floor((100 * progress.sent) / progress.total);
  const done = progress.sent >= progress.total;
  const text = t(done ? 'run.sent' : 'run.sending', {
    sent: sizeText(progress.sent),
    total: sizeText(progress.total),
    percent,
  });
  return (
    <div>
      <Progress value={percent} animated={!done} aria-label={text} />
      <Group justify="space-between" mt={4}>
        <Text size="sm" role="status">
          {text}
        </Text>
        <Button size="compact-sm" variant="default" onClick={cancel}>
          {t('run.cancel')}
        </Button>
      </Group>
    </div>
  );
}
