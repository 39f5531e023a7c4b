/** The critical path in words. */

import { Button, Paper, Text, Title, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import type { Step } from '../../model/critical';
import { durationText } from '../../model/timeline';

interface CriticalPathProps {
  path: Step[];
  length: number;
  onSelect: (instance: string) => void;
}

const MOST_STEPS = 40;

/** Waiting that is worth a word: a hundredth of the task. */
const LEAST_WAIT = 0.01;

const tookOf = ({ from, to }: Step): number => to - from;

/** The step that took longest; of a loop the steps in it are looked at. */
function longestOf(path: Step[]): Step | null {
  const leaves = path.filter((step, at) => (path[at + 1]?.depth ?? 0) <= step.depth);
  return leaves.reduce<Step | null>(
    (best, step) => (best && tookOf(best) >= tookOf(step) ? best : step),
    null,
  );
}

function wordsOf(step: Step, length: number) {
  const percent = Math.round((100 * tookOf(step)) / length);
  return { name: step.instance, took: durationText(tookOf(step)), percent };
}

function StepView({ step, length, onSelect }: { step: Step } & Omit<CriticalPathProps, 'path'>) {
  const { t } = useTranslation();
  return (
    <li style={{ marginInlineStart: 16 * step.depth }}>
      {step.wait > LEAST_WAIT * length && (
        <Text span size="xs" c="dimmed">
          {t('debug.path.wait', { wait: durationText(step.wait) })} →{' '}
        </Text>
      )}
      <UnstyledButton
        fz="inherit"
        td="underline"
        onClick={() => {
          onSelect(step.instance);
        }}
      >
        {t('debug.path.step', wordsOf(step, length))}
      </UnstyledButton>
    </li>
  );
}

export function CriticalPath({ path, length, onSelect }: CriticalPathProps) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const longest = longestOf(path);
  if (!longest) return null;
  const shown = whole ? path : path.slice(0, MOST_STEPS);
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('debug.path.title')}>
      <Title order={3} size="h5">
        {t('debug.path.title')}
      </Title>
      <Text size="sm">{t('debug.path.longest', wordsOf(longest, length))}</Text>
      <Text size="xs" c="dimmed">
        {t('debug.path.explain')}
      </Text>
      <ol className="path-steps">
        {shown.map((step, at) => (
          <StepView key={at} step={step} length={length} onSelect={onSelect} />
        ))}
      </ol>
      {shown.length < path.length && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            setWhole(true);
          }}
        >
          {t('debug.path.more', { count: path.length - shown.length })}
        </Button>
      )}
    </Paper>
  );
}
