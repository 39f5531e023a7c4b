/** What was changed and not saved, in this browser: go on with it, or throw it away. */

import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';

import { draftBox } from '../../components/save/use-draft';
import { routeOf } from '../../model/definition';
import { type Draft, discard, discardSaved, draftsIn, isDraftKey, putBack } from '../../model/drafts';
import type { Service } from '../../model/wire';

const listeners = new Set<() => void>();
let seen: { text: string; drafts: Draft[] } = { text: '[]', drafts: [] };

/** The drafts; the same list as long as nothing has changed. */
function current(): Draft[] {
  const box = draftBox();
  const drafts = box ? draftsIn(box) : [];
  const text = JSON.stringify(drafts.map(({ id, turn }) => [id, turn]));
  if (text !== seen.text) seen = { text, drafts };
  return seen.drafts;
}

function changed(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const other = (event: StorageEvent): void => {
    if (isDraftKey(event.key)) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', other);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', other);
  };
}

/** Throw it away, with a while to take that back. */
function useThrowAway(): (draft: Draft, name: string) => void {
  const { t } = useTranslation();
  return (draft, name) => {
    const box = draftBox();
    if (!box || !discard(box, draft)) return;
    changed();
    const id = `draft-${draft.id}`;
    const undo = (): void => {
      putBack(box, draft);
      notifications.hide(id);
      changed();
    };
    notifications.show({
      id,
      autoClose: 15_000,
      closeButtonProps: { 'aria-label': t('catalogue.close') },
      message: (
        <Group justify="space-between">
          <Text size="sm">{t('catalogue.thrownAway', { name })}</Text>
          <Button size="compact-sm" variant="default" onClick={undo}>
            {t('catalogue.undo')}
          </Button>
        </Group>
      ),
    });
  };
}

function DraftCard({ draft }: { draft: Draft }) {
  const { t, i18n } = useTranslation();
  const throwAway = useThrowAway();
  const named = draft.route ?? routeOf(draft.definition);
  const name =
    draft.route ?? (named ? t('catalogue.newNamed', { route: named }) : t('catalogue.newPipeline'));
  const way = draft.route === null ? '#/new' : `#/edit/${draft.route}`;
  return (
    <Card withBorder padding="sm" component="article">
      <Group justify="space-between">
        <div>
          <Text fw={600}>{name}</Text>
          <Text size="xs" c="dimmed">
            {t('catalogue.changedAt', { at: new Date(draft.at).toLocaleString(i18n.language) })}
            {draft.base !== null && ` · ${t('catalogue.basedOn', { version: draft.base })}`}
          </Text>
        </div>
        <Group gap="xs">
          <Button
            component="a"
            href={`${way}?draft=${draft.id}`}
            size="compact-sm"
            aria-label={t('catalogue.goOnWith', { name })}
          >
            {t('catalogue.goOn')}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('catalogue.throwAwayOf', { name })}
            onClick={() => {
              throwAway(draft, name);
            }}
          >
            {t('catalogue.throwAway')}
          </Button>
        </Group>
      </Group>
    </Card>
  );
}

/** `services`: what is stored; a draft that says the same is not needed any more. */
export function Drafts({ services }: { services: Service[] | undefined }) {
  const { t } = useTranslation();
  const drafts = useSyncExternalStore(subscribe, current);
  useEffect(() => {
    const box = draftBox();
    if (!box || !services) return;
    const stored = services.map(
      ({ state, nodes }) => [state.route, { type: 'pipeline' as const, nodes }] as const,
    );
    if (discardSaved(box, new Map(stored)) > 0) changed();
  }, [services]);
  if (drafts.length === 0) return null;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('catalogue.drafts')}
      </Title>
      <Stack gap="xs">
        {drafts.map((draft) => (
          <DraftCard key={draft.id} draft={draft} />
        ))}
      </Stack>
    </section>
  );
}
