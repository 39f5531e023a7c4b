/** Moving what scrolls by dragging it with a mouse, and a click where nothing was dragged. A finger scrolls by itself. */

import { type PointerEvent, type RefObject, useRef } from 'react';

interface Point {
  clientX: number;
  clientY: number;
}

/** Pixels that a mouse may move in a click. */
const STILL = 4;

export function useDrag(shown: RefObject<HTMLElement | null>, onClick: (point: Point) => void) {
  const from = useRef<(Point & { left: number; top: number; moved: boolean }) | null>(null);
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !shown.current) return;
    const { scrollLeft: left, scrollTop: top } = shown.current;
    from.current = { clientX: event.clientX, clientY: event.clientY, left, top, moved: false };
  };
  const move = (event: PointerEvent): void => {
    const start = from.current;
    if (!start || !shown.current) return;
    const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (!start.moved && Math.hypot(x, y) <= STILL) return;
    if (!start.moved) shown.current.setPointerCapture(event.pointerId);
    start.moved = true;
    if (event.pointerType !== 'mouse') return;
    shown.current.scrollTo({ left: start.left - x, top: start.top - y });
  };
  const up = (event: PointerEvent): void => {
    const start = from.current;
    from.current = null;
    if (start && !start.moved) onClick(event);
  };
  const cancel = (): void => {
    from.current = null;
  };
  return { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: cancel };
}
