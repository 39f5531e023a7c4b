/** The pictures of a task: what was found in them, and any two of them over each other. */

import { Alert, Button, Group, Paper, Select, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { binaryAddress, shownHere } from '../../api/pictures';
import { BeforeAfter } from '../../components/pictures/before-after';
import { BoxesView } from '../../components/pictures/boxes-view';
import type { Graph } from '../../model/graph';
import type { Live } from '../../model/live';
import {
  type Detection,
  MOST_NODES,
  type Picture,
  type RawTask,
  detectionsOf,
  firstDetection,
  firstPair,
  picturesOf,
} from '../../model/pictures';
import { useTaskRaw } from './pictures-raw';

const nameOf = (picture: Picture): string => `${picture.node}.${picture.path}`;

export function PicturesPanel({ taskId, live, graph }: { taskId: string; live: Live; graph?: Graph | null }) {
  const { t, i18n } = useTranslation();
  const { raw, tooMany } = useTaskRaw(taskId, live, graph);
  if (tooMany !== null) {
    const number = (value: number): string => value.toLocaleString(i18n.language);
    return <Alert color="gray">{t('pictures.tooMany', { count: tooMany, most: number(MOST_NODES) })}</Alert>;
  }
  if (!raw || picturesOf(raw).length === 0) return null;
  return (
    <Stack component="section" gap="sm" aria-label={t('pictures.title')}>
      <Detections taskId={taskId} raw={raw} />
      <Comparison taskId={taskId} raw={raw} />
    </Stack>
  );
}

function Detections({ taskId, raw }: { taskId: string; raw: RawTask }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const found = detectionsOf(raw);
  const keyOf = (each: Detection): string => `${each.side} ${each.node}`;
  const shown = found.find((each) => keyOf(each) === chosen) ?? firstDetection(found);
  if (!shown) return null;
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('pictures.detections')}>
      <Group justify="space-between" align="end" mb="sm">
        <Title order={2} size="h4">
          {t('pictures.detections')}
        </Title>
        <Select
          label={t('pictures.by')}
          size="xs"
          searchable={found.length > 10}
          allowDeselect={false}
          value={keyOf(shown)}
          onChange={setChosen}
          data={found.map((each) => ({
            value: keyOf(each),
            label: each.side === 'out' ? each.node : t('pictures.given', { node: each.node }),
          }))}
        />
      </Group>
      <BoxesView
        key={keyOf(shown)}
        src={shownHere(binaryAddress(taskId, shown.picture.binary))}
        alt={shown.picture.name}
        marks={shown}
      />
    </Paper>
  );
}

function Comparison({ taskId, raw }: { taskId: string; raw: RawTask }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<{ before?: string; after?: string }>({});
  const pictures = picturesOf(raw);
  const first = firstPair(raw);
  if (!first) return null;
  const of = (side: 'before' | 'after'): Picture =>
    pictures.find((each) => each.binary === (chosen[side] ?? first[side].binary)) ?? first[side];
  const [before, after] = [of('before'), of('after')];
  const compared = (picture: Picture) => ({
    src: shownHere(binaryAddress(taskId, picture.binary)),
    label: nameOf(picture),
  });
  const choice = (side: 'before' | 'after', shown: Picture) => (
    <PictureChoice
      label={t(`pictures.${side}`)}
      shown={shown}
      pictures={pictures}
      onChange={(binary) => {
        setChosen((known) => ({ ...known, [side]: binary }));
      }}
    />
  );
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('pictures.compare')}>
      <Group justify="space-between" align="end" mb="sm">
        <Title order={2} size="h4">
          {t('pictures.compare')}
        </Title>
        <Group gap="xs" align="end">
          {choice('before', before)}
          {choice('after', after)}
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setChosen({ before: after.binary, after: before.binary });
            }}
          >
            {t('pictures.swap')}
          </Button>
        </Group>
      </Group>
      <BeforeAfter before={compared(before)} after={compared(after)} />
    </Paper>
  );
}

interface PictureChoiceProps {
  label: string;
  shown: Picture;
  pictures: Picture[];
  onChange: (binary: string) => void;
}

function PictureChoice({ label, shown, pictures, onChange }: PictureChoiceProps) {
  // What was first given by one node may be called after the end that passed it on: it is the same picture.
  const known = pictures.find((each) => each.binary === shown.binary) ?? shown;
  return (
    <Select
      label={label}
      size="xs"
      searchable={pictures.length > 10}
      allowDeselect={false}
      value={known.binary}
      data={pictures.map((each) => ({ value: each.binary, label: nameOf(each) }))}
      onChange={(binary) => {
        if (binary) onChange(binary);
      }}
    />
  );
}
