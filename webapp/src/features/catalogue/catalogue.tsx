/** All routes: pipelines and announced operations, found by what they are called and what they say of themselves. */

import {
  Alert,
  Anchor,
  Button,
  FileButton,
  Group,
  List,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type DragEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { metrics, services } from '../../api/queries';
import { useDenied } from '../../api/use-key';
import { ErrorView } from '../../components/error-view';
import { Way } from '../../components/way';
import { type Entry, entriesOf, matching } from '../../model/catalogue';
import { histograms } from '../../model/metrics';
import { type Latency, latencies } from '../../model/samples';
import { Drafts } from './drafts';
import { EntryCard } from './entry-card';
import { type Import, type Imported, useImport } from './use-import';

interface SectionProps {
  title: string;
  entries: Entry[];
  times: Map<string, Latency>;
}

function Section({ title, entries, times }: SectionProps) {
  if (entries.length === 0) return null;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {entries.map((entry) => (
          <EntryCard key={entry.route} entry={entry} latency={times.get(entry.route)} />
        ))}
      </SimpleGrid>
    </section>
  );
}

function ImportedItem({ item }: { item: Imported }) {
  const { t } = useTranslation();
  if (item.error) {
    return (
      <List.Item>
        <Text fw={600}>{item.name}</Text>
        <ErrorView error={item.error} />
      </List.Item>
    );
  }
  return (
    <List.Item>
      {item.name}: <Anchor href={`#/services/${item.route}`}>{item.route}</Anchor> –{' '}
      {t(`catalogue.outcome.${item.outcome}`)}
    </List.Item>
  );
}

/** What came of the files. */
function Results({ imported }: { imported: Import }) {
  const { t } = useTranslation();
  const { done, busy, clear } = imported;
  if (done.length === 0 && !busy) return null;
  return (
    <Alert
      color="gray"
      role="status"
      title={t(busy ? 'catalogue.importing' : 'catalogue.importDone', { count: done.length })}
      withCloseButton={!busy}
      closeButtonLabel={t('catalogue.close')}
      onClose={clear}
    >
      <List size="sm">
        {done.map((item, index) => (
          <ImportedItem key={index} item={item} />
        ))}
      </List>
    </Alert>
  );
}

interface ToolbarProps {
  search: string;
  onSearch: (search: string) => void;
  onFiles: (files: File[]) => void;
  /** Why no pipeline can be made; null where one can. */
  denied: string | null;
}

function Toolbar({ search, onSearch, onFiles, denied }: ToolbarProps) {
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
      <Way to="#/new" denied={denied}>
        {t('catalogue.newPipeline')}
      </Way>
      <FileButton accept="application/json,.json" multiple onChange={onFiles}>
        {(props) => (
          <Button variant="default" {...props} disabled={denied !== null}>
            {t('catalogue.import')}
          </Button>
        )}
      </FileButton>
      <Text size="sm" c="dimmed" visibleFrom="sm">
        {denied ?? t('catalogue.drop')}
      </Text>
    </Group>
  );
}

/** Files that are dragged over an element, and dropped on it. Texts that are dragged are no files. */
function useDrop(take: (files: File[]) => void) {
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const handlers = {
    onDragOver: (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent): void => {
      if (event.currentTarget === event.target) setOver(false);
    },
    onDrop: (event: DragEvent): void => {
      setOver(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      take([...event.dataTransfer.files]);
    },
  };
  return { over, handlers };
}

export function Catalogue({ search, onSearch }: { search: string; onSearch: (search: string) => void }) {
  const { t } = useTranslation();
  const query = useQuery(services);
  const counted = useQuery(metrics);
  const entries = entriesOf(query.data ?? []);
  const imported = useImport();
  const found = matching(entries, search);
  const seconds = histograms(counted.data ?? [], 'engine_task_seconds', 'route');
  const times = new Map(latencies(seconds).map((each) => [each.route, each]));
  const denied = useDenied('author');
  const { over, handlers } = useDrop((files) => {
    if (denied === null) imported.take(files);
  });
  const of = (kind: Entry['kind']): Entry[] => found.filter((entry) => entry.kind === kind);
  return (
    <Stack mih="80vh" className={over ? 'dropping' : ''} {...handlers}>
      <Title order={1} size="h3">
        {t('catalogue.title')}
      </Title>
      <Toolbar search={search} onSearch={onSearch} onFiles={imported.take} denied={denied} />
      <Results imported={imported} />
      {query.error && <ErrorView error={query.error} again={() => void query.refetch()} />}
      <Drafts services={query.data} />
      <Section title={t('catalogue.pipelines')} entries={of('pipeline')} times={times} />
      <Section title={t('catalogue.services')} entries={of('service')} times={times} />
      {query.isSuccess && found.length === 0 && (
        <Alert color="gray">{t(entries.length ? 'catalogue.none' : 'catalogue.empty')}</Alert>
      )}
    </Stack>
  );
}
