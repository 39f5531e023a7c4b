/** Which two tasks: from the newest ones, or by their ids. */

import { Button, Grid, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { tasks } from '../../api/queries';
import type { CompareViewProps } from './compare-view';

interface ChoiceProps {
  label: string;
  chosen: string;
  onChosen: (id: string) => void;
}

function Choice({ label, chosen, onChosen }: ChoiceProps) {
  const { t, i18n } = useTranslation();
  const { data } = useQuery(tasks({}));
  const [typed, setTyped] = useState('');
  const rows = data?.tasks ?? [];
  const listed = rows.some((row) => row.jobId === chosen);
  const options = [
    { value: '', label: t('compare.none') },
    ...(chosen && !listed ? [{ value: chosen, label: chosen.slice(0, 12) }] : []),
    ...rows.map((row) => {
      const at = new Date(row.created).toLocaleString(i18n.language);
      return {
        value: row.jobId,
        label: `${row.route} · ${t(`state.${row.status}`)} · ${at} · ${row.jobId.slice(0, 12)}`,
      };
    }),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim()) onChosen(typed.trim());
      }}
    >
      <NativeSelect
        label={label}
        data={options}
        value={chosen}
        onChange={(event) => {
          onChosen(event.currentTarget.value);
        }}
      />
      <Group align="end" gap="xs" mt={4} wrap="nowrap">
        <TextInput
          size="xs"
          flex={1}
          aria-label={`${label}: ${t('compare.other')}`}
          placeholder={t('compare.other')}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        <Button size="xs" variant="default" type="submit">
          {t('compare.go')}
        </Button>
      </Group>
    </form>
  );
}

export function Chooser({ a = '', b = '', onChoose }: CompareViewProps) {
  const { t } = useTranslation();
  const choose = (one: string, other: string): void => {
    onChoose({ a: one || undefined, b: other || undefined });
  };
  return (
    <>
      <Grid>
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <Choice
            label={t('compare.first')}
            chosen={a}
            onChosen={(id) => {
              choose(id, b);
            }}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <Choice
            label={t('compare.second')}
            chosen={b}
            onChosen={(id) => {
              choose(a, id);
            }}
          />
        </Grid.Col>
      </Grid>
      {a && b && (
        <Button
          variant="default"
          size="xs"
          style={{ alignSelf: 'start' }}
          onClick={() => {
            choose(b, a);
          }}
        >
          {t('compare.swap')}
        </Button>
      )}
    </>
  );
}
