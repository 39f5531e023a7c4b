/** Which operation a service node calls: by its route, from the catalogue, or by its address. */

import { Autocomplete, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { type Entry, entriesOf } from '../../model/catalogue';
import { useField, useHeld } from './held';
import { Kept, TextValue, isText } from './values';

export function TargetField() {
  const { t } = useTranslation();
  const { node, setAll } = useHeld();
  const both = node['url'] !== undefined && node['service'] !== undefined;
  const byUrl = node['url'] !== undefined;
  return (
    <Stack gap={6}>
      {!both && (
        <SegmentedControl
          size="xs"
          aria-label={t('inspector.target.by')}
          data={['service', 'url']}
          value={byUrl ? 'url' : 'service'}
          onChange={(chosen) => {
            setAll(chosen === 'url' ? { url: '', service: undefined } : { service: '', url: undefined });
          }}
        />
      )}
      {(!byUrl || both) && <ServiceField />}
      {byUrl && <TextValue place={['url']} needed={!both} />}
    </Stack>
  );
}

function ServiceField() {
  const { services } = useHeld();
  const { set, error } = useField(['service']);
  const entries = useMemo(
    () => new Map(entriesOf([...services]).map((each) => [each.route, each])),
    [services],
  );
  return (
    <Kept place={['service']} is={isText}>
      {(value = '') => (
        <Autocomplete
          size="xs"
          label="service"
          value={value}
          onChange={(route) => {
            set(route);
          }}
          data={[...entries.keys()]}
          maxDropdownHeight={300}
          error={error}
          errorProps={{ role: 'status' }}
          spellCheck={false}
          autoCapitalize="off"
          description={<State entry={entries.get(value)} isNamed={value !== ''} />}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          renderOption={({ option }) => <Offered route={option.value} entry={entries.get(option.value)} />}
        />
      )}
    </Kept>
  );
}

function Offered({ route, entry }: { route: string; entry: Entry | undefined }) {
  return (
    <div>
      <Group gap="xs" justify="space-between">
        <Text size="sm">{route}</Text>
        <Text size="xs" component="div">
          <State entry={entry} isNamed />
        </Text>
      </Group>
      {entry?.summary && (
        <Text size="xs" c="var(--code-comment)">
          {entry.summary}
        </Text>
      )}
    </div>
  );
}

/** Told by sign and word, so that no colour is needed. */
function State({ entry, isNamed }: { entry: Entry | undefined; isNamed: boolean }) {
  const { t } = useTranslation();
  if (!isNamed) return null;
  if (!entry) return <span>○ {t('inspector.target.unknown')}</span>;
  if (entry.kind === 'pipeline') return <span>● {t('inspector.target.pipeline')}</span>;
  return (
    <span>
      {entry.alive ? '●' : '○'} {t(entry.alive ? 'inspector.target.alive' : 'inspector.target.away')}
    </span>
  );
}
