/** What went wrong, in the engine's words, with each fault at its place. */

import { Alert, Button, Code, List } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Problem } from '../api/http';

export function ErrorView({ error, again }: { error: unknown; again?: () => void }) {
  const { t } = useTranslation();
  const message = error instanceof Error ? error.message : String(error);
  const faults = error instanceof Problem ? error.errors : [];
  return (
    <Alert color="red" title={t('error.title')} role="alert">
      {message}
      {faults.length > 0 && (
        <List size="sm" mt="xs">
          {faults.map((fault) => (
            <List.Item key={`${fault.pointer ?? ''} ${fault.detail}`}>
              {fault.pointer && <Code>{fault.pointer}</Code>} {fault.detail}
            </List.Item>
          ))}
        </List>
      )}
      {again && (
        <Button mt="sm" size="xs" variant="default" onClick={again}>
          {t('error.again')}
        </Button>
      )}
    </Alert>
  );
}
