/** Two pictures, one over the other, and a line that is moved between them: left of it the first, right the second. */

import './pictures.css';

import { Text } from '@mantine/core';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { movedBy, relationOf } from '../../model/pictures-compare';
import type { Size } from './use-zoom';

export interface Compared {
  src: string;
  label: string;
}

/** The size of each picture, once it is known. A picture that takes the place of another one has none at first. */
function useSizes(before: string, after: string) {
  const [sizes, setSizes] = useState<Record<string, Size>>({});
  const load = (src: string, image: HTMLImageElement): void => {
    setSizes((known) => ({ ...known, [src]: { width: image.naturalWidth, height: image.naturalHeight } }));
  };
  return { first: sizes[before], second: sizes[after], load };
}

export function BeforeAfter({ before, after }: { before: Compared; after: Compared }) {
  const { t } = useTranslation();
  const [at, setAt] = useState(50);
  const { first, second, load } = useSizes(before.src, after.src);
  const ratio = first ? first.width / first.height : 1;
  const picture = (each: Compared, clip: string) => (
    <img
      key={each.src}
      src={each.src}
      alt={each.label}
      draggable={false}
      style={{ clipPath: clip }}
      onLoad={(event) => {
        load(each.src, event.currentTarget);
      }}
    />
  );
  return (
    <div className="compare">
      <Frame at={at} ratio={ratio} onMove={setAt}>
        {picture(before, `inset(0 ${100 - at}% 0 0)`)}
        {picture(after, `inset(0 0 0 ${at}%)`)}
        <span className="compare-name is-before">{before.label}</span>
        <span className="compare-name is-after">{after.label}</span>
        <Handle at={at} before={before.label} after={after.label} onMove={setAt} />
      </Frame>
      <Text size="xs" c="dimmed" role="status">
        {first && second && relationOf(first, second) !== 'same'
          ? t(`pictures.sizes.${relationOf(first, second)}`, {
              before: `${first.width} × ${first.height}`,
              after: `${second.width} × ${second.height}`,
            })
          : ''}
      </Text>
    </div>
  );
}

interface FrameProps {
  at: number;
  ratio: number;
  onMove: (at: number) => void;
  children: ReactNode;
}

/** What is dragged in: with a mouse or a finger, anywhere on the pictures. */
function Frame({ ratio, onMove, children }: FrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  const move = (event: PointerEvent): void => {
    const box = frame.current?.getBoundingClientRect();
    if (!box?.width) return;
    const share = (event.clientX - box.left) / box.width;
    onMove(Math.min(Math.max(Math.round(share * 1_000) / 10, 0), 100));
  };
  return (
    <div
      ref={frame}
      className="compare-frame"
      style={{ aspectRatio: ratio, maxWidth: `calc(60vh * ${ratio})` }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        frame.current?.setPointerCapture(event.pointerId);
        frame.current?.querySelector<HTMLElement>('[role=slider]')?.focus({ preventScroll: true });
        move(event);
      }}
      onPointerMove={(event) => {
        if (frame.current?.hasPointerCapture(event.pointerId)) move(event);
      }}
    >
      {children}
    </div>
  );
}

interface HandleProps {
  at: number;
  before: string;
  after: string;
  onMove: (at: number) => void;
}

function Handle({ at, before, after, onMove }: HandleProps) {
  const { t } = useTranslation();
  const percent = Math.round(at);
  return (
    <div
      className="compare-line"
      style={{ left: `${at}%` }}
      role="slider"
      tabIndex={0}
      aria-label={t('pictures.slider')}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={t('pictures.shares', { before, after, percent, rest: 100 - percent })}
      onKeyDown={(event: KeyboardEvent) => {
        const to = movedBy(event.key, at, event.shiftKey);
        if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        onMove(to);
      }}
    >
      <span className="compare-grip" aria-hidden>
        ⇔
      </span>
    </div>
  );
}
