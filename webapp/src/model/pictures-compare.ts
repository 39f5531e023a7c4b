/** Setting two pictures over each other. */

interface Size {
  width: number;
  height: number;
}

const STEP = 1;
const LEAP = 10;

/** Where a key moves the line to, in percent; null where it does not. */
export function movedBy(key: string, at: number, shift: boolean): number | null {
  const step = shift ? LEAP : STEP;
  const moved: Record<string, number> = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    PageDown: at - LEAP,
    PageUp: at + LEAP,
    Home: 0,
    End: 100,
  };
  const to = moved[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), 100);
}

/** How two sizes relate: the same, the same shape at another scale, or another shape. */
export function relationOf(one: Size, other: Size): 'same' | 'scaled' | 'other' {
  if (one.width === other.width && one.height === other.height) return 'same';
  const [first, second] = [one.width / one.height, other.width / other.height];
  return Math.abs(first / second - 1) < 0.01 ? 'scaled' : 'other';
}
