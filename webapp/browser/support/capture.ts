/** Pictures of pages, as WebP. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Page } from 'playwright-core';

/** Write what the window shows; gives the size of the file in bytes. */
export async function capture(page: Page, path: string, quality = 82): Promise<number> {
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality });
  await browser.detach();
  const bytes = Buffer.from(data, 'base64');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return bytes.length;
}
