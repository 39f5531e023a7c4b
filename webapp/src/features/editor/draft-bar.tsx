/** Drafts that are not what is edited now, and what stands in the way of keeping this one. */

import { Alert, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { DraftHold } from '../../components/save/use-draft';
import type { Draft } from '../../model/drafts';

export interface DraftBarProps {
  hold: DraftHold;
  onTakeUp: (draft: Draft) => void;
  /** The draft that is shown, where it is one. */
  taken: Draft | null;
  /** Go back to what is stored; null where nothing of a draft is shown. */
  onStored: (() => void) | null;
}

export function DraftBar({ hold, onTakeUp, taken, onStored }: DraftBarProps) {
  const { t, i18n } = useTranslation();
  const moment = (at: number): string => new Date(at).toLocaleString(i18n.language);
  return (
    <>
      {hold.trouble && (
        <Alert color="orange" role="alert" p="xs">
          {t(`editor.trouble.${hold.trouble}`)}
        </Alert>
      )}
      {onStored && (
        <Alert color="blue" p="xs">
          <Group gap="xs">
            {t('editor.draftTaken', { at: moment(taken?.at ?? 0) })}
            <Button size="compact-sm" variant="default" onClick={onStored}>
              {t('editor.draftStored')}
            </Button>
          </Group>
        </Alert>
      )}
      {hold.others.map((draft) => (
        <Alert key={draft.id} color="blue" p="xs">
          <Group gap="xs">
            {t('editor.draftThere', { at: moment(draft.at) })}
            <Button
              size="compact-sm"
              onClick={() => {
                onTakeUp(draft);
              }}
            >
              {t('editor.draftTake')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                hold.throwAway(draft);
              }}
            >
              {t('editor.draftDrop')}
            </Button>
          </Group>
        </Alert>
      ))}
    </>
  );
}
