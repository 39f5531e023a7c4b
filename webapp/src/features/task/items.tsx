/** The items of a loop, for one node of its body: a strip to choose from, with a filter for what failed. */

import { Button, Group, SegmentedControl, Stack, Text, UnstyledButton } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { countsOf } from '../../model/live';
import type { NodeState } from '../../model/wire';

export interface Item {
  instance: string;
  index: number;
  state: NodeState;
}

interface ItemsProps {
  items: Item[];
  chosen: string | null;
  onChoose: (instance: string) => void;
}

/** So many are drawn at once. */
const PAGE = 120;

const SIGNS: Record<NodeState, string> = {
  finished: '✓',
  error: '✕',
  running: '▸',
  pending: '·',
  skipped: '–',
  cancelled: '⊘',
};

function Strip({ items, chosen, onChoose }: ItemsProps) {
  const { t } = useTranslation();
  const strip = useRef<HTMLDivElement>(null);
  const at = Math.max(
    items.findIndex((item) => item.instance === chosen),
    0,
  );
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step === undefined ? undefined : items[at + step];
    if (!next) return;
    event.preventDefault();
    onChoose(next.instance);
    strip.current?.querySelectorAll<HTMLElement>('[role=radio]')[at + (step ?? 0)]?.focus();
  };
  return (
    <div
      ref={strip}
      className="items"
      role="radiogroup"
      aria-label={t('debug.items.choose')}
      onKeyDown={press}
    >
      {items.map(({ instance, index, state }, place) => (
        <UnstyledButton
          key={instance}
          role="radio"
          className={`item item-${state}`}
          aria-checked={instance === chosen}
          aria-label={t('debug.items.name', { index, state: t(`state.${state}`) })}
          title={t('debug.items.name', { index, state: t(`state.${state}`) })}
          tabIndex={place === at ? 0 : -1}
          onClick={() => {
            onChoose(instance);
          }}
        >
          {SIGNS[state]}
          {index}
        </UnstyledButton>
      ))}
    </div>
  );
}

function Pages({ from, count, onFrom }: { from: number; count: number; onFrom: (from: number) => void }) {
  const { t } = useTranslation();
  const to = (next: number) => (): void => {
    onFrom(next);
  };
  return (
    <Group gap="xs">
      <Button
        size="compact-xs"
        variant="default"
        disabled={from === 0}
        onClick={to(Math.max(from - PAGE, 0))}
      >
        {t('debug.items.earlier')}
      </Button>
      <Text size="xs">
        {from + 1}–{Math.min(from + PAGE, count)} / {count}
      </Text>
      <Button size="compact-xs" variant="default" disabled={from + PAGE >= count} onClick={to(from + PAGE)}>
        {t('debug.items.later')}
      </Button>
    </Group>
  );
}

export function Items({ items, chosen, onChoose }: ItemsProps) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<'all' | 'failed' | 'running'>('all');
  const counts = countsOf(items.map((item) => item.state));
  const states = { all: null, failed: 'error', running: 'running' }[filter];
  const left = states === null ? items : items.filter((item) => item.state === states);
  const place = left.findIndex((item) => item.instance === chosen);
  const [turned, setTurned] = useState<number | null>(null);
  const from = Math.min(turned ?? PAGE * Math.floor(Math.max(place, 0) / PAGE), Math.max(left.length - 1, 0));
  return (
    <Stack gap={6} component="section" aria-label={t('debug.items.title')}>
      <SegmentedControl
        size="xs"
        aria-label={t('debug.items.show')}
        value={filter}
        onChange={(value) => {
          setFilter(value);
          setTurned(null);
        }}
        data={[
          { value: 'all', label: t('debug.items.all', { count: items.length }) },
          { value: 'failed', label: t('debug.items.failed', { count: counts.error ?? 0 }) },
          { value: 'running', label: t('debug.items.running', { count: counts.running ?? 0 }) },
        ]}
      />
      {left.length === 0 && <Text size="sm">{t('debug.items.none')}</Text>}
      {left.length > 0 && <Strip items={left.slice(from, from + PAGE)} chosen={chosen} onChoose={onChoose} />}
      {left.length > PAGE && <Pages from={from} count={left.length} onFrom={setTurned} />}
    </Stack>
  );
}
