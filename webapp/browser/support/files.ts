/** Files that a person drags from their desktop into the page. */

import type { Locator, Page } from 'playwright-core';

/** Drop files onto the middle of an element, by the browser's own way of taking what is dragged from outside. */
export async function drop(page: Page, target: Locator, files: string[]): Promise<void> {
  const box = await target.boundingBox();
  if (!box) throw new Error('there is nothing to drop on');
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 200)];
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await browser.send('Input.dispatchDragEvent', { type, x, y, data });
  }
  await browser.detach();
}
