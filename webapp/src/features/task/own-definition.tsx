/** A task that was given a definition of its own: it is stored nowhere else, and can be saved as a new version. */

import { Alert, Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { store } from '../../api/queries';
import { bare } from '../../api/rawtask';
import { useDenied } from '../../api/use-key';
import { ErrorView } from '../../components/error-view';
import type { Definition } from '../../model/definition';

export interface OwnDefinitionProps {
  route: string;
  definition: Definition;
  /** Where saving is done, with the difference shown. False where that cannot be: then the version is stored at once. */
  onSaveVersion?: ((route: string, definition: Definition) => Promise<boolean>) | undefined;
}

export function OwnDefinition({ route, definition, onSaveVersion }: OwnDefinitionProps) {
  const { t } = useTranslation();
  const denied = useDenied('author');
  const save = useMutation({
    mutationFn: async () => {
      if (!(await onSaveVersion?.(route, definition))) await store(bare(definition), route);
    },
  });
  return (
    <Alert color="blue" title={t('debug.own.title')}>
      <div role="status">{save.isSuccess && t('debug.own.saved')}</div>
      {!save.isSuccess && (
        <Button
          size="xs"
          variant="default"
          loading={save.isPending}
          disabled={denied !== null}
          title={denied ?? undefined}
          onClick={() => {
            save.mutate();
          }}
        >
          {t('debug.own.save')}
        </Button>
      )}
      {save.error && <ErrorView error={save.error} />}
    </Alert>
  );
}
