/** The versions of a pipeline: what each changed, one of them, two of them beside each other. */

import {
  Alert,
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  NativeSelect,
  ScrollArea,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { versions } from '../../api/queries';
import { DiffView } from '../../components/diff/diff-view';
import { ErrorView } from '../../components/error-view';
import { draftBox, newDraftId } from '../../components/save/use-draft';
import type { Definition } from '../../model/definition';
import { difference } from '../../model/diff';
import { keep } from '../../model/drafts';
import type { Version } from '../../model/wire';
import { OneVersion } from './one-version';

/** Beyond so many the changes of each against the one before are not worked out. */
const MOST_SUMMARIES = 60;

export interface VersionsProps {
  route: string;
  a?: number | undefined;
  b?: number | undefined;
  /** Look at one version, at the difference of two, or with none at the list alone. */
  onCompare: (a?: number, b?: number) => void;
}

const definitionOf = ({ nodes }: Version): Definition => ({ type: 'pipeline', nodes });

function Changes({ version, before }: { version: Version; before: Version | undefined }) {
  const { t } = useTranslation();
  const found = useMemo(
    () => before && difference(definitionOf(before), definitionOf(version)),
    [version, before],
  );
  if (!found) return null;
  const count = (change: string): number => found.nodes.filter((each) => each.change === change).length;
  const numbers = { added: count('added'), removed: count('removed'), changed: count('changed') };
  return (
    <Text size="sm">
      {t('versions.summary', numbers)} {t('versions.edgeCount', { count: found.edges.length })}
    </Text>
  );
}

/** Begin a draft with an old version, and go on with it in the editor. */
function EditButton({ route, version, open }: { route: string; version: Version; open: number | null }) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState(false);
  const edit = (): void => {
    const id = newDraftId();
    const box = draftBox();
    const draft = {
      id,
      route,
      base: open,
      at: Date.now(),
      tab: id,
      definition: definitionOf(version),
      turn: 0,
    };
    if (box && keep(box, draft).draft) window.location.hash = `/edit/${route}?draft=${id}`;
    else setRefused(true);
  };
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={edit}
        aria-label={`${t('versions.edit')}: ${version.version}`}
      >
        {t('versions.edit')}
      </Button>
      {refused && <Text role="alert">{t('versions.noDraft')}</Text>}
    </>
  );
}

function Told({ version }: { version: Version }) {
  const { t, i18n } = useTranslation();
  return (
    <Text size="sm" c="dimmed">
      {new Date(version.created).toLocaleString(i18n.language)} ·{' '}
      {t('versions.nodes', { count: version.nodes.length })}
    </Text>
  );
}

interface RowProps extends VersionsProps {
  version: Version;
  before: Version | undefined;
  open: number | null;
}

function Row({ route, version, before, open, a, b, onCompare }: RowProps) {
  const { t } = useTranslation();
  const number = version.version;
  const current = number === a || number === b;
  return (
    <Card
      withBorder
      padding="xs"
      component="li"
      aria-current={current ? 'true' : undefined}
      bg={current ? 'var(--mantine-color-default-hover)' : ''}
    >
      <Group justify="space-between" gap="xs">
        <div>
          <Group gap="xs">
            <Text fw={600}>{t('versions.version', { version: number })}</Text>
            {version.open && <Badge color="green.9">{t('versions.open')}</Badge>}
            <Told version={version} />
          </Group>
          <Changes version={version} before={before} />
        </div>
        <Group gap={6}>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`${t('versions.show')}: ${number}`}
            onClick={() => {
              onCompare(number);
            }}
          >
            {t('versions.show')}
          </Button>
          {before && (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('versions.chosen', { a: before.version, b: number })}
              onClick={() => {
                onCompare(before.version, number);
              }}
            >
              {t('versions.changes')}
            </Button>
          )}
          <EditButton route={route} version={version} open={open} />
        </Group>
      </Group>
    </Card>
  );
}

function List({ all, ...props }: VersionsProps & { all: Version[] }) {
  const { t } = useTranslation();
  const open = all.find((each) => each.open)?.version ?? null;
  return (
    <ScrollArea.Autosize
      mah={props.a === undefined ? undefined : 260}
      tabIndex={0}
      aria-label={t('versions.list')}
    >
      <ul className="diff-list">
        {all.map((version, index) => (
          <Row
            key={version.version}
            {...props}
            version={version}
            before={index < MOST_SUMMARIES ? all[index + 1] : undefined}
            open={open}
          />
        ))}
      </ul>
    </ScrollArea.Autosize>
  );
}

function Choice({ all, a, b, onCompare }: VersionsProps & { all: Version[] }) {
  const { t } = useTranslation();
  const numbers = all.map((each) => String(each.version));
  const [newest, previous] = all;
  if (!newest || !previous) return <Text size="sm">{t('versions.one')}</Text>;
  const [from, to] = [a ?? previous.version, b ?? newest.version];
  return (
    <Group align="end">
      <NativeSelect
        label={t('versions.older')}
        value={from}
        data={numbers}
        onChange={(event) => {
          onCompare(Number(event.currentTarget.value), to);
        }}
      />
      <NativeSelect
        label={t('versions.newer')}
        value={to}
        data={numbers}
        onChange={(event) => {
          onCompare(from, Number(event.currentTarget.value));
        }}
      />
      <Button
        variant="default"
        onClick={() => {
          onCompare(from, to);
        }}
      >
        {t('versions.chosen', { a: from, b: to })}
      </Button>
    </Group>
  );
}

function Detail({ all, a, b }: { all: Version[]; a: number; b: number | undefined }) {
  const { t } = useTranslation();
  const find = (number: number | undefined): Version | undefined =>
    all.find((each) => each.version === number);
  const [one, other] = [find(a), find(b)];
  const gone = !one ? a : b !== undefined && !other ? b : null;
  if (!one || gone !== null) return <Alert color="gray">{t('versions.gone', { version: gone })}</Alert>;
  if (!other) return <OneVersion key={a} version={one} definition={definitionOf(one)} />;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t('versions.chosen', { a, b })}
      </Title>
      <DiffView before={definitionOf(one)} after={definitionOf(other)} />
    </section>
  );
}

export function VersionsView(props: VersionsProps) {
  const { t } = useTranslation();
  const { route, a, b } = props;
  const { data, error, refetch } = useQuery(versions(route));
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {t('versions.listTitle', { route })}
        </Title>
        <Anchor href={`#/services/${route}`}>{t('versions.back', { route })}</Anchor>
      </Group>
      {error && <ErrorView error={error} again={() => void refetch()} />}
      {!data && !error && <Skeleton h={200} />}
      {data && <List {...props} all={data} />}
      {data && <Choice {...props} all={data} />}
      {data && a !== undefined && <Detail all={data} a={a} b={b} />}
    </Stack>
  );
}
