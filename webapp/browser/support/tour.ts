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

/** What is to be seen of a page: its heading, which the page before has not, and then what belongs on it. */
const shown =
  (heading: string, ...selectors: string[]) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    for (const selector of selectors) await page.locator(selector).first().waitFor();
  };

const SETTLED = '.react-flow[data-settled=true]';

/** Pictures that lie in the window, or beside it, are drawn. */
async function drawn(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor();
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll<HTMLImageElement>(wanted)].every(
        (image) => image.naturalWidth > 0 || image.getBoundingClientRect().top > innerHeight,
      ),
    selector,
  );
}

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
  const task =
    (route: string) =>
    async (page: Page): Promise<void> => {
      await shown(route, SETTLED)(page);
      await drawn(page, '.edge-extra img');
      await drawn(page, '.picture-view img');
    };
  const edited = async (page: Page): Promise<void> => {
    await shown('face-blur', `.editor ${SETTLED}`)(page);
    await page.locator('[data-node=blur]').click();
    await page.getByRole('complementary', { name: 'Node blur' }).waitFor();
    await page.getByText('No faults.').waitFor();
  };
  const fresh = async (page: Page): Promise<void> => {
    await shown('my-pipeline', `.editor ${SETTLED}`)(page);
    await page.getByText('No faults.').waitFor();
  };
  return [
    { name: 'catalogue', path: '/#/', ready: shown('Pipelines and services', 'article') },
    { name: 'pipeline', path: '/#/services/describe-faces', ready: shown('describe-faces', SETTLED) },
    { name: 'run', path: '/#/services/face-blur', ready: shown('face-blur', SETTLED) },
    { name: 'task', path: `/#/tasks/${finished}`, ready: task('face-blur') },
    { name: 'task-loop', path: `/#/tasks/${loop}`, ready: task('face-thumbnail') },
    { name: 'task-failed', path: `/#/tasks/${failed}`, ready: task('broken') },
    { name: 'new', path: '/#/new', ready: fresh },
    { name: 'edit', path: '/#/edit/face-blur', ready: edited },
    {
      name: 'versions',
      path: '/#/services/face-blur/versions',
      ready: shown('Versions of face-blur', 'main li, main button'),
    },
    {
      name: 'compare',
      path: `/#/compare?a=${finished}&b=${failed}`,
      ready: shown('Compare two tasks', '.pair img'),
    },
    { name: 'settings', path: '/#/settings', ready: shown('Settings') },
    { name: 'tasks', path: '/#/tasks', ready: shown('Tasks', 'tbody tr') },
    {
      name: 'status',
      path: '/#/status',
      ready: shown('Status of the engine', '[data-testid=jobs-total]', 'canvas'),
    },
  ];
}
