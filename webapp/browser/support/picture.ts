/** Pictures as the browser shows them, compared point by point. */

import { readFileSync } from 'node:fs';

import type { Locator, Page } from 'playwright-core';

import { SAMPLE } from './engine';

export type Box = [number, number, number, number];

interface Difference {
  width: number;
  height: number;
  /** Mean difference of a channel, 0 to 255, within the boxes and outside of them. */
  inside: number;
  outside: number;
  /** Mean difference between neighbours in a row within the boxes, before and after: blurring takes it away. */
  detail: { before: number; after: number };
}

/** Wait until a picture is shown, and compare what the browser has decoded with the sample. */
export async function differs(page: Page, shown: Locator, boxes: Box[]): Promise<Difference> {
  await shown.waitFor();
  const sample = `data:image/jpeg;base64,${readFileSync(SAMPLE).toString('base64')}`;
  const image = await shown.elementHandle();
  return await page.evaluate(
    async ({ image, sample, boxes }) => {
      const before = new Image();
      before.src = sample;
      const after = image as HTMLImageElement;
      await Promise.all([before.decode(), after.decode()]);
      const { naturalWidth: width, naturalHeight: height } = after;
      const points = (picture: HTMLImageElement): Uint8ClampedArray => {
        const canvas = document.createElement('canvas');
        Object.assign(canvas, { width, height });
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context?.drawImage(picture, 0, 0);
        return context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
      };
      const [a, b] = [points(before), points(after)];
      const sums = { inside: 0, outside: 0, before: 0, after: 0 };
      const counts = { inside: 0, outside: 0 };
      const distance = (p: Uint8ClampedArray, at: number, q: Uint8ClampedArray, to: number): number =>
        [0, 1, 2].reduce(
          (sum, channel) => sum + Math.abs((p[at + channel] ?? 0) - (q[to + channel] ?? 0)),
          0,
        ) / 3;
      for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width - 1; x += 1) {
          const at = 4 * (y * width + x);
          const where = boxes.some(([x1, y1, x2, y2]) => x >= x1 && x < x2 && y >= y1 && y < y2)
            ? 'inside'
            : 'outside';
          sums[where] += distance(a, at, b, at);
          counts[where] += 1;
          if (where === 'inside') {
            sums.before += distance(a, at, a, at + 4);
            sums.after += distance(b, at, b, at + 4);
          }
        }
      }
      const inside = Math.max(counts.inside, 1);
      return {
        width,
        height,
        inside: sums.inside / inside,
        outside: sums.outside / Math.max(counts.outside, 1),
        detail: { before: sums.before / inside, after: sums.after / inside },
      };
    },
    { image, sample, boxes },
  );
}

/** A grey picture as TIFF, not compressed: eight tags, then a byte for each pixel. */
export function tiff(width: number, height: number): Buffer {
  const tags = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 110],
    [278, height],
    [279, width * height],
  ] as const;
  const head = Buffer.alloc(110);
  head.write('II', 0, 'latin1');
  head.writeUInt16LE(42, 2);
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  for (const [index, [tag, value]] of tags.entries()) {
    const at = 10 + 12 * index;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(4, at + 2); // a number of four bytes
    head.writeUInt32LE(1, at + 4);
    head.writeUInt32LE(value, at + 8);
  }
  return Buffer.concat([head, Buffer.alloc(width * height, 128)]);
}
