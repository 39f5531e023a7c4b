/** A picture to look at: fits its place, is enlarged by click, keys and wheel, and moved by scrolling and dragging. */

import './pictures.css';

import { ActionIcon, Button, Group, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { useDrag } from './use-drag';
import { type Size, useZoom } from './use-zoom';

export interface PictureViewProps {
  src: string;
  alt: string;
  /** Drawn over the picture; `scale`: pixels of the screen for one of the picture. */
  overlay?: (size: Size, scale: number) => ReactNode;
  /** Shares of the height of the window that it takes at most. */
  tall?: number;
}

type Zoom = ReturnType<typeof useZoom>;

export function PictureView({ src, alt, overlay, tall = 0.6 }: PictureViewProps) {
  const { t } = useTranslation();
  const [size, setSize] = useState<Size | null>(null);
  const [broken, setBroken] = useState(false);
  const { ref, width } = useElementSize();
  const room = { width: width || 1, height: Math.max(globalThis.innerHeight * tall, 160) };
  const zoom = useZoom(size, room);
  const load = (event: SyntheticEvent<HTMLImageElement>): void => {
    const { naturalWidth, naturalHeight } = event.currentTarget;
    // A drawing in SVG may have no size of its own.
    setSize({ width: naturalWidth || 300, height: naturalHeight || 150 });
  };
  if (broken) return <Text size="sm">{t('pictures.broken', { name: alt })}</Text>;
  return (
    <div className="picture-view" ref={ref}>
      <Window size={size} zoom={zoom} label={t('pictures.look', { name: alt })}>
        <img
          key={src}
          src={src}
          alt={alt}
          draggable={false}
          className={zoom.scale >= 3 ? 'picture-image is-sharp' : 'picture-image'}
          onLoad={load}
          onError={() => {
            setBroken(true);
          }}
        />
        {size && overlay?.(size, zoom.scale)}
      </Window>
      {size && <Bar size={size} zoom={zoom} />}
    </div>
  );
}

interface WindowProps {
  size: Size | null;
  zoom: Zoom;
  label: string;
  children: ReactNode;
}

/** The wheel zooms with Ctrl, as pinching on a touchpad does; the browser would zoom the page. */
function useWheel({ window, step }: Zoom): void {
  useEffect(() => {
    const shown = window.current;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return; // plain turning scrolls the page
      event.preventDefault();
      step(event.deltaY < 0 ? 1 : -1, event);
    };
    shown?.addEventListener('wheel', wheel, { passive: false });
    return () => {
      shown?.removeEventListener('wheel', wheel);
    };
  });
}

function keysOf({ step, zoomTo }: Zoom): (event: KeyboardEvent) => void {
  const acts: Record<string, () => void> = {
    '+': () => {
      step(1);
    },
    '-': () => {
      step(-1);
    },
    '0': () => {
      zoomTo(null);
    },
    '1': () => {
      zoomTo(1);
    },
  };
  return (event) => {
    const act = acts[event.key === '=' ? '+' : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
}

/** The part of the screen in which the picture is; it scrolls where the picture is larger. */
function Window({ size, zoom, label, children }: WindowProps) {
  const { window, scale, isFit, zoomTo } = zoom;
  const drag = useDrag(window, (point) => {
    if (isFit) zoomTo(scale < 1 ? 1 : scale * 2, point);
    else zoomTo(null);
  });
  useWheel(zoom);
  const style = size ? { width: size.width * scale, height: size.height * scale } : undefined;
  return (
    <div
      ref={window}
      className={isFit ? 'picture-window' : 'picture-window is-zoomed'}
      tabIndex={0}
      role="group"
      aria-label={label}
      onKeyDown={keysOf(zoom)}
      {...drag}
    >
      <div className="picture-ground" style={style}>
        {children}
      </div>
    </div>
  );
}

function Bar({ size, zoom: { scale, isFit, zoomTo, step } }: { size: Size; zoom: Zoom }) {
  const { t } = useTranslation();
  return (
    <Group gap="xs" mt={4}>
      <ActionIcon.Group>
        <ActionIcon
          variant="default"
          aria-label={t('pictures.smaller')}
          onClick={() => {
            step(-1);
          }}
        >
          −
        </ActionIcon>
        <ActionIcon
          variant="default"
          aria-label={t('pictures.larger')}
          onClick={() => {
            step(1);
          }}
        >
          +
        </ActionIcon>
      </ActionIcon.Group>
      <Button
        size="compact-xs"
        variant="default"
        aria-pressed={isFit}
        onClick={() => {
          zoomTo(null);
        }}
      >
        {t('pictures.fit')}
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        aria-pressed={!isFit && scale === 1}
        onClick={() => {
          zoomTo(1);
        }}
      >
        {t('pictures.actual')}
      </Button>
      <Text size="xs" c="dimmed">
        {`${size.width} × ${size.height} · ${Math.round(scale * 100)} %`}
      </Text>
    </Group>
  );
}
