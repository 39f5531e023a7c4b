import { describe, expect, it } from 'vitest';

import { fitScale } from '../../src/components/pictures/use-zoom';
import { movedBy, relationOf } from '../../src/model/pictures-compare';

describe('the line between two pictures', () => {
  it.each<[string, number, boolean, number | null]>([
    ['ArrowLeft', 50, false, 49],
    ['ArrowRight', 50, false, 51],
    ['ArrowRight', 50, true, 60],
    ['ArrowUp', 99.5, false, 100],
    ['ArrowDown', 0, false, 0],
    ['PageUp', 50, false, 60],
    ['PageDown', 5, false, 0],
    ['Home', 70, false, 0],
    ['End', 70, false, 100],
    ['a', 70, false, null],
  ])('%s moves it from %d (Shift: %s) to %d', (key, at, shift, to) => {
    expect(movedBy(key, at, shift)).toBe(to);
  });
});

it('sizes are the same, scaled, or of another shape', () => {
  const size = (width: number, height: number) => ({ width, height });
  expect(relationOf(size(512, 512), size(512, 512))).toBe('same');
  expect(relationOf(size(512, 384), size(1024, 768))).toBe('scaled');
  expect(relationOf(size(1000, 667), size(300, 200))).toBe('scaled');
  expect(relationOf(size(512, 512), size(512, 384))).toBe('other');
});

it('a picture fits as a whole, as it is at most, and a tiny one is made larger', () => {
  const room = { width: 400, height: 300 };
  expect(fitScale({ width: 800, height: 300 }, room)).toBe(0.5);
  expect(fitScale({ width: 400, height: 600 }, room)).toBe(0.5);
  expect(fitScale({ width: 200, height: 200 }, room)).toBe(1);
  expect(fitScale({ width: 40, height: 20 }, room)).toBe(4);
});
