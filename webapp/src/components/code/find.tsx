/** Search in a long text. */

import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { occurrences } from './occurrences';

export interface FindProps {
  text: string;
  onFound: (from: number, to: number) => void;
}

export function Find({ text, onFound }: FindProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(-1);
  const found = occurrences(text, search);
  const go = (by: number): void => {
    if (!found.length) return;
    const next = (Math.max(at, by > 0 ? -1 : 0) + by + found.length) % found.length;
    const from = found[next] ?? 0;
    setAt(next);
    onFound(from, from + search.length);
  };
  return (
    <Group gap={4} wrap="nowrap">
      <TextInput
        size="xs"
        w={150}
        aria-label={t('inspector.find.label')}
        placeholder={t('inspector.find.label')}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          setAt(-1);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          go(event.shiftKey ? -1 : 1);
        }}
      />
      <ActionIcon
        variant="default"
        size={30}
        aria-label={t('inspector.find.next')}
        onClick={() => {
          go(1);
        }}
      >
        ↓
      </ActionIcon>
      <Text size="xs" role="status" miw={44}>
        {search && t('inspector.find.count', { at: at + 1, count: found.length })}
      </Text>
    </Group>
  );
}
