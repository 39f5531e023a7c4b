/** Every page of the page, with something on it. */

import type { Page } from 'playwright-core';

import { ended, startWithPicture, store } from './engine';
import { entry } from './pipelines';

export interface Place {
  name: string;
  path: string;
  /** Come back when all that belongs on it is there. */
  ready: (page: Page) => Promise<void>;
}

const settled = (page: Page): Promise<void> =>
  page.locator('.react-flow[data-settled=true]').first().waitFor();
const seen = (selector: string) => (page: Page) => page.locator(selector).first().waitFor();

/** Make tasks that finish and that fail; give the pages. */
export async function places(): Promise<Place[]> {
  await store([
    entry('broken', ['image'], 'detect'),
    {
      id: 'detect',
      type: 'service',
      service: 'face-detect',
      input: { image: 'entry.out.image' },
      next: ['count'],
    },
    {
      id: 'count',
      type: 'node',
      before: 'boxes = detect.out.answer\nshare = 1 / (len(boxes) - 1)\nnode.out = {"share": share}',
      next: ['end'],
    },
    { id: 'end', type: 'end' },
  ]);
  const finished = await startWithPicture('face-blur');
  const failed = await startWithPicture('broken');
  const loop = await startWithPicture('face-thumbnail');
  for (const task of [finished, failed, loop]) await ended(task);
  const task = async (page: Page): Promise<void> => {
    await settled(page);
    await page.locator('img[src*="/files/"]').first().waitFor();
    await page.locator('.edge-extra img').first().waitFor();
  };
  const edited = async (page: Page): Promise<void> => {
    await settled(page);
    await page.locator('[data-node=blur]').click();
    await page.getByRole('complementary', { name: 'Node blur' }).waitFor();
  };
  return [
    { name: 'catalogue', path: '/#/', ready: seen('article') },
    { name: 'pipeline', path: '/#/services/describe-faces', ready: settled },
    { name: 'run', path: '/#/services/face-blur', ready: settled },
    { name: 'task', path: `/#/tasks/${finished}`, ready: task },
    { name: 'task-loop', path: `/#/tasks/${loop}`, ready: task },
    { name: 'task-failed', path: `/#/tasks/${failed}`, ready: settled },
    { name: 'new', path: '/#/new', ready: settled },
    { name: 'edit', path: '/#/edit/face-blur', ready: edited },
    { name: 'versions', path: '/#/services/face-blur/versions', ready: seen('h1') },
    { name: 'compare', path: `/#/compare?a=${finished}&b=${failed}`, ready: seen('h1') },
    { name: 'settings', path: '/#/settings', ready: seen('h1') },
    { name: 'tasks', path: '/#/tasks', ready: seen('tbody tr') },
    { name: 'status', path: '/#/status', ready: seen('[data-testid=jobs-total]') },
  ];
}
