/** One route of the catalogue: what it says of itself, whether it is alive, how quick it is, what uses what. */

import { Badge, Card, Group, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { useDenied } from '../../api/use-key';
import { Way } from '../../components/way';
import type { Entry } from '../../model/catalogue';
import type { Latency } from '../../model/samples';

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
        <Badge key={each.url} color="red.9" variant="filled" tt="none" h="auto" className="wrapping">
          {t('catalogue.breaker', { url: each.url, seconds: Math.ceil(each.retry_in ?? 0) })}
        </Badge>
      ))}
    </Group>
  );
}

function Times({ latency }: { latency: Latency | undefined }) {
  const { t, i18n } = useTranslation();
  if (!latency) return null;
  const text = (seconds: number | null): string => {
    const [value, unit] =
      (seconds ?? 0) < 1 ? [(seconds ?? 0) * 1_000, 'millisecond'] : [seconds ?? 0, 'second'];
    return value.toLocaleString(i18n.language, { style: 'unit', unit, maximumSignificantDigits: 2 });
  };
  return (
    <Text size="xs" c="dimmed">
      {t('catalogue.times', { p50: text(latency.p50), p95: text(latency.p95), count: latency.count })}
    </Text>
  );
}

export function EntryCard({ entry, latency }: { entry: Entry; latency: Latency | undefined }) {
  const { t } = useTranslation();
  const { route } = entry;
  const denied = useDenied('author');
  return (
    <Card withBorder component="article" padding="sm">
      <Stack gap={6} h="100%">
        <Group justify="space-between" wrap="nowrap" align="start">
          <Link to="/services/$route" params={{ route }} className="name">
            {route}
          </Link>
          {entry.kind === 'pipeline' && (
            <Way
              to={`#/edit/${route}`}
              denied={denied}
              size="compact-xs"
              variant="default"
              aria-label={t('catalogue.editOf', { route })}
            >
              {t('catalogue.edit')}
            </Way>
          )}
        </Group>
        {entry.summary && <Text size="sm">{entry.summary}</Text>}
        <Presence entry={entry} />
        <Names title="catalogue.uses" names={entry.uses} />
        <Names title="catalogue.usedBy" names={entry.usedBy} />
        <Times latency={latency} />
      </Stack>
    </Card>
  );
}
