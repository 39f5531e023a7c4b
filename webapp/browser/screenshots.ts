/** Pictures of every page, light and dark, wide, narrow and on a phone; the best go into the documentation. */

import { join } from 'node:path';

import { beforeAll, expect } from 'vitest';

import { capture } from './support/capture';
import { PHONE, scene } from './support/scene';
import { type Place, places } from './support/tour';

const ROOT = new URL('../../', import.meta.url).pathname;
const ALL = join(ROOT, 'webapp', 'screenshots');
const DOCS = join(ROOT, 'docs', 'screenshots');
const LARGEST = 150_000;
const BEST = new Set([
  'catalogue-light-1440',
  'edit-light-1440',
  'pipeline-dark-1440',
  'task-light-1440',
  'task-dark-390',
]);

let all: Place[] = [];

beforeAll(async () => {
  all = await places();
});

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1440, 1024, 390]) {
    scene(`takes pictures in ${scheme}, ${width} pixels wide`, async (own) => {
      const page = await own.open('/', { ...(width < 500 ? PHONE : {}), width, scheme });
      for (const { name, path, ready } of all) {
        await page.goto(path);
        await ready(page);
        // The drawing is fitted to its window in the frame after it is there.
        await page.evaluate(
          () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
        );
        const picture = `${name}-${scheme}-${width}`;
        const size = await capture(page, join(BEST.has(picture) ? DOCS : ALL, `${picture}.webp`));
        expect(size, picture).toBeLessThanOrEqual(LARGEST);
      }
    });
  }
}
