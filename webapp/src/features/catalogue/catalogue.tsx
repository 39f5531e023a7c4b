/** All routes: pipelines and announced operations, found by what they are called and what they say of themselves. */

import {
  Alert,
  Badge,
  Card,
  FileButton,
  Button,
  Group,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type DragEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { services, store } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { type Entry, entriesOf, matching } from '../../model/catalogue';
import { routeOf } from '../../model/definition';
import { readDefinition } from '../../model/text';

function Names({ title, names }: { title: 'catalogue.uses' | 'catalogue.usedBy'; names: string[] }) {
  const { t } = useTranslation();
  if (names.length === 0) return null;
  return (
    <Text size="xs" c="dimmed">
      {t(title, { names: names.join(', ') })}
    </Text>
  );
}

function Presence({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const failing = entry.instances.filter((each) => each.breaker !== 'closed');
  if (entry.kind === 'pipeline' && !entry.away.length && !entry.broken) return null;
  return (
    <Group gap={6}>
      {entry.kind === 'service' && (
        <Badge color={entry.alive ? 'green.9' : 'red.9'} variant="filled">
          {t(entry.alive ? 'catalogue.alive' : 'catalogue.away')}
        </Badge>
      )}
      {entry.instances.length > 1 && (
        <Badge variant="default">{t('catalogue.instances', { count: entry.instances.length })}</Badge>
      )}
      {entry.away.length > 0 && (
        <Badge color="orange.9" variant="filled" tt="none" h="auto" className="wrapping">
          {t('catalogue.waitsFor', { names: entry.away.join(', ') })}
        </Badge>
      )}
      {entry.broken && (
        <Badge color="red.9" variant="filled">
          {t('catalogue.broken')}
        </Badge>
      )}
      {failing.map((each) => (
        <Badge key={each.url} color="red.9" variant="filled" tt="none">
          {t('catalogue.breaker', { url: each.url, seconds: Math.ceil(each.retry_in ?? 0) })}
        </Badge>
      ))}
    </Group>
  );
}

function EntryCard({ entry }: { entry: Entry }) {
  return (
    <Card withBorder component="article" padding="sm">
      <Stack gap={6}>
        <Link to="/services/$route" params={{ route: entry.route }} className="name">
          {entry.route}
        </Link>
        <Presence entry={entry} />
        {entry.summary && <Text size="sm">{entry.summary}</Text>}
        <Names title="catalogue.uses" names={entry.uses} />
        <Names title="catalogue.usedBy" names={entry.usedBy} />
      </Stack>
    </Card>
  );
}

function Section({ title, entries }: { title: string; entries: Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {entries.map((entry) => (
          <EntryCard key={entry.route} entry={entry} />
        ))}
      </SimpleGrid>
    </section>
  );
}

/** Store the pipelines of files. A route that is there already gets a new version. */
function useImport(known: Entry[]): { failure: unknown; take: (files: File[]) => void } {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [failure, setFailure] = useState<unknown>(null);
  const one = async (file: File): Promise<void> => {
    const { definition, faults } = readDefinition(await file.text());
    if (!definition) {
      throw new Error(t('catalogue.wrongFile', { name: file.name, reason: faults[0]?.message ?? '' }));
    }
    const route = routeOf(definition);
    const there = known.some((entry) => entry.kind === 'pipeline' && entry.route === route);
    await store({ ...definition }, there ? route : undefined);
    notifications.show({ message: t('catalogue.imported', { route }) });
  };
  const take = (files: File[]): void => {
    setFailure(null);
    void Promise.all(files.map(one))
      .catch(setFailure)
      .finally(() => void client.invalidateQueries({ queryKey: ['services'] }));
  };
  return { failure, take };
}

interface ToolbarProps {
  search: string;
  onSearch: (search: string) => void;
  onFiles: (files: File[]) => void;
}

function Toolbar({ search, onSearch, onFiles }: ToolbarProps) {
  const { t } = useTranslation();
  return (
    <Group align="center">
      <TextInput
        type="search"
        aria-label={t('catalogue.search')}
        placeholder={t('catalogue.search')}
        value={search}
        onChange={(event) => {
          onSearch(event.currentTarget.value);
        }}
        flex="1 1 220px"
      />
      <FileButton accept="application/json,.json" multiple onChange={onFiles}>
        {(props) => (
          <Button variant="default" {...props}>
            {t('catalogue.import')}
          </Button>
        )}
      </FileButton>
      <Text size="sm" c="dimmed" visibleFrom="sm">
        {t('catalogue.drop')}
      </Text>
    </Group>
  );
}

export function Catalogue({ search, onSearch }: { search: string; onSearch: (search: string) => void }) {
  const { t } = useTranslation();
  const query = useQuery(services);
  const entries = entriesOf(query.data ?? []);
  const { failure, take } = useImport(entries);
  const found = matching(entries, search);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  };
  return (
    <Stack
      mih="80vh"
      onDrop={drop}
      onDragOver={(event) => {
        event.preventDefault();
      }}
    >
      <Title order={1} size="h3">
        {t('catalogue.title')}
      </Title>
      <Toolbar search={search} onSearch={onSearch} onFiles={take} />
      {failure !== null && <ErrorView error={failure} />}
      {query.error && <ErrorView error={query.error} again={() => void query.refetch()} />}
      <Section
        title={t('catalogue.pipelines')}
        entries={found.filter((entry) => entry.kind === 'pipeline')}
      />
      <Section title={t('catalogue.services')} entries={found.filter((entry) => entry.kind === 'service')} />
      {query.isSuccess && found.length === 0 && (
        <Alert color="gray">{t(entries.length ? 'catalogue.none' : 'catalogue.empty')}</Alert>
      )}
    </Stack>
  );
}
