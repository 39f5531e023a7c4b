/** What stands before the page as long as the engine asks for a key; what was begun behind it is kept. */

import { Button, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { identity } from '../../api/identity';
import { setRefused } from '../../api/key';
import { useApiKey } from '../../api/use-key';
import { KeyForm } from './key-form';

export function KeyDialog() {
  const { t } = useTranslation();
  const key = useApiKey();
  const { data } = useQuery({ ...identity, enabled: false });
  // The cookie of a session lets those read who have closed the tab that the key was kept for.
  const reads = key === '' && data !== undefined;
  return (
    <Modal
      opened
      onClose={() => undefined}
      title={t('keys.asks')}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      centered
    >
      <Stack gap="sm">
        <Text size="sm">{t('keys.asksSays')}</Text>
        <KeyForm label={t('settings.key')} enter={t('keys.enter')} onTaken={() => undefined}>
          {reads && (
            <Button
              variant="default"
              onClick={() => {
                setRefused(false);
              }}
            >
              {t('keys.later')}
            </Button>
          )}
        </KeyForm>
      </Stack>
    </Modal>
  );
}
