/** A picture with what was found in it: boxes and points drawn over it, and as a list. */

import './pictures.css';

import { Group, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Box, type Marks, isInside, labelsOf } from '../../model/boxes';
import { PictureView } from './picture-view';
import { Overlay, colourOf } from './overlay';
import type { Size } from './use-zoom';

export interface BoxesViewProps {
  src: string;
  alt: string;
  marks: Marks;
}

/** Which box is lit: the one that is pointed at or focused, else the one that was clicked. */
function useLit() {
  const [pointed, setPointed] = useState<string | null>(null);
  const [pinned, setPinned] = useState<string | null>(null);
  const pin = (path: string): void => {
    setPinned((before) => (before === path ? null : path));
  };
  return { lit: pointed ?? pinned, pinned, point: setPointed, pin };
}

export function BoxesView({ src, alt, marks }: BoxesViewProps) {
  const { t } = useTranslation();
  const [boxesShown, setBoxesShown] = useState(true);
  const [pointsShown, setPointsShown] = useState(true);
  const [size, setSize] = useState<Size | null>(null);
  const { lit, pinned, point, pin } = useLit();
  const labels = labelsOf(marks.boxes);
  const outside = size ? marks.boxes.filter((box) => !isInside(box, size)).length : 0;
  return (
    <div className="boxes-view">
      <div className="boxes-picture">
        <PictureView
          src={src}
          alt={alt}
          overlay={(own, scale) => (
            <Overlay
              size={own}
              scale={scale}
              boxes={boxesShown ? marks.boxes : []}
              points={pointsShown ? marks.points : []}
              labels={labels}
              lit={lit}
              onPoint={point}
              onSize={setSize}
            />
          )}
        />
      </div>
      <div className="boxes-list">
        <Group gap="md">
          <Shown
            label={t('pictures.boxes', { count: marks.boxes.length })}
            count={marks.boxes.length}
            shown={boxesShown}
            onChange={setBoxesShown}
          />
          <Shown
            label={t('pictures.points', { count: countOf(marks) })}
            count={countOf(marks)}
            shown={pointsShown}
            onChange={setPointsShown}
          />
        </Group>
        {outside > 0 && <Text size="sm">{t('pictures.outside', { count: outside })}</Text>}
        <BoxList boxes={marks.boxes} labels={labels} lit={lit} pinned={pinned} onPoint={point} onPin={pin} />
      </div>
    </div>
  );
}

interface ShownProps {
  label: string;
  count: number;
  shown: boolean;
  onChange: (shown: boolean) => void;
}

function Shown({ label, count, shown, onChange }: ShownProps) {
  if (count === 0) return null;
  return (
    <Switch
      label={label}
      checked={shown}
      onChange={(event) => {
        onChange(event.currentTarget.checked);
      }}
    />
  );
}

function countOf(marks: Marks): number {
  return marks.points.reduce((sum, each) => sum + each.points.length, 0);
}

interface BoxListProps {
  boxes: Box[];
  labels: string[];
  lit: string | null;
  pinned: string | null;
  onPoint: (path: string | null) => void;
  onPin: (path: string) => void;
}

function BoxList({ boxes, labels, lit, pinned, onPoint, onPin }: BoxListProps) {
  const { t } = useTranslation();
  if (boxes.length === 0) return null;
  return (
    <ol className="boxes-rows" aria-label={t('pictures.found')}>
      {boxes.map((box, index) => (
        <li key={box.path}>
          <button
            type="button"
            className={box.path === lit ? 'boxes-row is-lit' : 'boxes-row'}
            aria-pressed={box.path === pinned}
            onMouseEnter={() => {
              onPoint(box.path);
            }}
            onMouseLeave={() => {
              onPoint(null);
            }}
            onFocus={() => {
              onPoint(box.path);
            }}
            onBlur={() => {
              onPoint(null);
            }}
            onClick={() => {
              onPin(box.path);
            }}
          >
            <span className="boxes-number" style={{ borderColor: colourOf(box, labels) }}>
              {index + 1}
            </span>
            <span className="boxes-words">{wordsOf(box)}</span>
            <span className="boxes-place">{t('pictures.place', { ...sidesOf(box) })}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

function sidesOf(box: Box): Record<'x' | 'y' | 'width' | 'height', number> {
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    x: round(box.left),
    y: round(box.top),
    width: round(box.right - box.left),
    height: round(box.bottom - box.top),
  };
}

/** Label and score of a box, as far as they are told. */
export function wordsOf(box: Box): string {
  const score = box.score === null ? '' : `${Math.round(box.score * 1_000) / 10} %`;
  return [box.label, score].filter(Boolean).join(' · ');
}
