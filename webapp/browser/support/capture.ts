/** Pictures of pages, as WebP. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Page } from 'playwright-core';

const TALLEST = 2_400;

/** Write the whole page, also what lies below the window; gives the size of the file in bytes. */
export async function capture(page: Page, path: string, quality = 82): Promise<number> {
  const clip = await page.evaluate((most) => {
    const { clientWidth, scrollHeight } = document.documentElement;
    return { x: 0, y: 0, width: clientWidth, height: Math.min(scrollHeight, most), scale: 1 };
  }, TALLEST);
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', {
    format: 'webp',
    quality,
    captureBeyondViewport: true,
    clip,
  });
  await browser.detach();
  const bytes = Buffer.from(data, 'base64');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return bytes.length;
}
