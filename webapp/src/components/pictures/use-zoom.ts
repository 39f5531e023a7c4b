/** How large a picture is shown: so that it fits, or at a scale of its own, with the place under the pointer kept. */

import { useLayoutEffect, useRef, useState } from 'react';

export interface Size {
  width: number;
  height: number;
}

/** A place in a picture (shares of its sides), and where in the window around it that is to be seen, in pixels. */
interface Anchor {
  share: { x: number; y: number };
  at: { x: number; y: number };
}

const STEP = 1.5;
const LARGEST = 16;
const SMALLEST = 0.05;
/** Pixels that a tiny picture is enlarged to: a thumbnail of a face is looked at, too. */
const SMALL = 160;

/** The scale at which a picture is wholly seen; a larger one than it is only where it is tiny. */
export function fitScale(picture: Size, room: Size): number {
  const longest = Math.max(picture.width, picture.height, 1);
  const most = longest < SMALL ? SMALL / longest : 1;
  return Math.min(most, room.width / picture.width, room.height / picture.height);
}

export function useZoom(picture: Size | null, room: Size) {
  const window = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState<number | null>(null);
  const anchor = useRef<Anchor | null>(null);
  const fit = picture ? fitScale(picture, room) : 1;
  const scale = own ?? fit;

  useLayoutEffect(() => {
    const shown = window.current;
    if (!shown || !anchor.current || !picture) return;
    const { share, at } = anchor.current;
    shown.scrollLeft = share.x * picture.width * scale - at.x;
    shown.scrollTop = share.y * picture.height * scale - at.y;
    anchor.current = null;
  }, [picture, scale]);

  /** Show it at this scale (null: so that it fits), with the place at `point` of the screen, or the middle, kept. */
  const zoomTo = (next: number | null, point?: { clientX: number; clientY: number }): void => {
    const shown = window.current;
    if (shown && picture) {
      const frame = shown.getBoundingClientRect();
      const at = point
        ? { x: point.clientX - frame.left, y: point.clientY - frame.top }
        : { x: shown.clientWidth / 2, y: shown.clientHeight / 2 };
      anchor.current = { at, share: shareAt(shown, at) };
    }
    setOwn(next === null ? null : Math.min(Math.max(next, SMALLEST), LARGEST));
  };
  const step = (direction: 1 | -1, point?: { clientX: number; clientY: number }): void => {
    zoomTo(direction > 0 ? scale * STEP : scale / STEP, point);
  };
  return { window, scale, isFit: own === null, zoomTo, step };
}

function shareAt(shown: HTMLElement, at: { x: number; y: number }): { x: number; y: number } {
  const inner = shown.firstElementChild;
  if (!inner) return { x: 0.5, y: 0.5 };
  const [frame, box] = [shown.getBoundingClientRect(), inner.getBoundingClientRect()];
  return {
    x: (at.x + frame.left - box.left) / (box.width || 1),
    y: (at.y + frame.top - box.top) / (box.height || 1),
  };
}
