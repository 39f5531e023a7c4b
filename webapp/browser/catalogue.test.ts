/** What a visitor finds first: all pipelines and services, and the way to bring more of them. */

import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'vitest';

import { OwnEngine, services } from './support/engine';
import { drop } from './support/files';
import { threeLevels } from './support/pipelines';
import { scene } from './support/scene';
import { FOLDER } from './support/settings';
import { until } from './support/until';

const PIPELINES = new URL('../../pipelines/', import.meta.url).pathname;
const SHIPPED = readdirSync(PIPELINES).filter((name) => name.endsWith('.json'));

scene('shows every pipeline and service, what is alive and what is waited for', async ({ open }) => {
  const page = await open('/');
  for (const { state } of await services()) {
    await page.getByRole('link', { name: state.route, exact: true }).waitFor();
  }
  const detect = page.getByRole('article').filter({ has: page.getByRole('link', { name: 'face-detect' }) });
  expect(await detect.innerText()).toMatch(/alive/i);
  expect(await detect.innerText()).toContain('Used by');
  const retrain = page
    .getByRole('article')
    .filter({ has: page.getByRole('link', { name: 'retrain-digits' }) });
  expect(await retrain.innerText()).toContain('waits for digits-');
});

scene(
  'finds by what is typed, keeps that in the address, and says where nothing is found',
  async ({ open }) => {
    const page = await open('/');
    const search = page.getByRole('searchbox', { name: 'Search' });
    await search.fill('thumb');
    await page.getByRole('article').nth(1).waitFor({ state: 'detached' });
    expect(await page.getByRole('article').getByRole('link').allInnerTexts()).toEqual([
      'face-thumbnail',
      'Edit',
    ]);
    await until('the search stands in the address', () => (page.url().includes('q=thumb') ? true : null));
    await page.reload();
    await page.getByRole('article').first().waitFor();
    expect(await search.inputValue()).toBe('thumb');
    expect(await page.getByRole('article').count()).toBe(1);
    await search.fill('there is nothing like this');
    await page.getByText('Nothing found.').waitFor();
  },
);

scene('takes all shipped pipelines that are dropped on it, and a nested one', async ({ open }) => {
  const engine = new OwnEngine();
  await engine.start();
  try {
    const nested = join(FOLDER, 'three-levels.json');
    await writeFile(nested, JSON.stringify({ type: 'pipeline', nodes: threeLevels('three-levels') }));
    const page = await open('/', { engine: engine.url });
    await page.getByText('There is no pipeline yet.').waitFor();
    await drop(page, page.getByRole('main'), [...SHIPPED.map((name) => join(PIPELINES, name)), nested]);
    for (const name of [...SHIPPED, 'three-levels.json']) {
      const article = page.getByRole('article');
      await article.getByRole('link', { name: name.replace('.json', ''), exact: true }).waitFor();
    }
    expect(await page.getByText('This did not work').count()).toBe(0);
    const stored = (await services(engine.url)).map(({ state }) => state.version);
    expect(stored).toEqual(Array(SHIPPED.length + 1).fill(1));
  } finally {
    await engine.kill();
  }
});

scene('takes a file that is chosen, and says what is wrong with one that holds no pipeline', async (own) => {
  const page = await own.open('/');
  const [broken, faulty] = [join(FOLDER, 'broken.json'), join(FOLDER, 'faulty.json')];
  await writeFile(broken, '{"type": "pipeline", "nodes": [');
  await writeFile(
    faulty,
    JSON.stringify({
      type: 'pipeline',
      nodes: [
        { id: 'entry', type: 'entry', api: { route: 'faulty', body: { x: 1 } }, next: ['ennd'] },
        { id: 'end', type: 'end', input: { x: 'entry.out.y' } },
      ],
    }),
  );
  const choose = page.locator('input[type=file]');
  await choose.setInputFiles(broken);
  await page.getByRole('alert').getByText('broken.json is no JSON').waitFor();
  await choose.setInputFiles(faulty);
  await page.getByRole('alert').getByText('/nodes/0/next/0').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('end');
});
