/** The list of tasks, the status of the engine, and addresses that lead nowhere. */

import { afterAll, beforeAll, expect } from 'vitest';

import { OwnEngine, ended, remove, start, store } from './support/engine';
import { entry } from './support/pipelines';
import { scene } from './support/scene';
import { until } from './support/until';

const MANY = 60;
const engine = new OwnEngine();

beforeAll(async () => {
  await engine.start();
  const end = { id: 'end', type: 'end', input: { x: 'entry.out.x' } };
  await store([entry('quick', { x: 1 }, 'end'), end], engine.url);
  await store(
    [
      entry('fails', { x: 1 }, 'divide'),
      { id: 'divide', type: 'node', before: 'node.out = {"y": 1 / 0}', next: ['end'] },
      { id: 'end', type: 'end' },
    ],
    engine.url,
  );
  const started = [await start('fails', { x: 0 }, engine.url)];
  for (let x = 0; x < MANY; x += 1) started.push(await start('quick', { x }, engine.url));
  for (const task of started) await ended(task, engine.url);
});

afterAll(() => engine.kill());

scene('lists tasks by pages and filters, which stand in the address', async ({ open }) => {
  const page = await open('/#/tasks', { engine: engine.url });
  const rows = page.locator('tbody tr');
  await rows.nth(49).waitFor();
  expect(await rows.count()).toBe(50);
  const first = await rows.first().innerText();
  await page.getByRole('button', { name: 'Older' }).click();
  const rest = async (): Promise<true | null> => ((await rows.count()) === MANY + 1 - 50 ? true : null);
  await until('the older page is there', rest);
  expect(page.url()).toContain('cursor=');
  expect(await rows.last().innerText()).toContain('fails');
  await page.reload();
  await until('the older page is there again', rest);
  await page.getByRole('button', { name: 'Newest' }).click();
  await rows.nth(49).waitFor();
  expect(await rows.first().innerText()).toBe(first);

  await page.getByLabel('Status').selectOption('error');
  await rows.nth(1).waitFor({ state: 'detached' });
  expect(await rows.innerText()).toContain('fails');
  expect(page.url()).toContain('status=error');
  await page.goBack();
  await rows.nth(49).waitFor();
  await page.getByLabel('Pipeline').selectOption('fails');
  await rows.nth(1).waitFor({ state: 'detached' });
  expect(page.url()).toContain('route=fails');
  await rows.getByRole('link').click();
  await page.getByRole('alert').getByText('divide').first().waitFor();
});

scene('opens a filtered list from its address, also where nothing is in it', async ({ open }) => {
  const page = await open('/#/tasks?route=quick&status=error', { engine: engine.url });
  await page.getByText('There are no such tasks.').waitFor();
  expect(await page.getByLabel('Pipeline').inputValue()).toBe('quick');
  expect(await page.getByLabel('Status').inputValue()).toBe('error');
  await store([entry('2024', { x: 1 }, 'end'), { id: 'end', type: 'end' }], engine.url);
  await page.goto(`${engine.url}/#/tasks?route=2024`);
  await page.reload();
  await page.getByText('There are no such tasks.').waitFor();
  expect(await page.getByLabel('Pipeline').inputValue()).toBe('2024');
});

scene('shows charts once there are numbers, and says so before', async ({ window }) => {
  const page = await window({ engine: engine.url });
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/metrics', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/#/status');
  await page.getByText('Waiting for the first numbers').first().waitFor();
  expect(await page.locator('canvas').count()).toBe(0);
  answer();
  await page.locator('canvas').first().waitFor();
  expect(await page.getByText('Waiting for the first numbers').count()).toBe(0);
  await page.unrouteAll({ behavior: 'wait' });
});

scene('counts tasks as they come', async ({ open }) => {
  const page = await open('/#/status', { engine: engine.url });
  const number = async (name: string): Promise<number> =>
    Number((await page.getByTestId(`jobs-${name}`).innerText()).replace(/\D/g, ''));
  const before = await number('total');
  expect(before).toBeGreaterThanOrEqual(MANY + 1);
  expect(await number('failed')).toBe(1);
  expect(await number('finished')).toBe(before - 1);
  await ended(await start('quick', { x: 1 }, engine.url), engine.url);
  await until('one more is counted', async () => ((await number('total')) === before + 1 ? true : null));
  await page.getByText('Stores').first().waitFor();
});

scene('says that a task is not there', async (own) => {
  own.allow(/404/);
  const page = await own.open('/#/tasks/nobody-has-started-this');
  await page.getByText('There is no such task.').waitFor();
});

scene('says that a pipeline is not there', async (own) => {
  own.allow(/404/);
  const page = await own.open('/#/services/nobody-has-made-this');
  await page.getByRole('alert').getByText('nobody-has-made-this').waitFor();
});

scene('says that a page is not there, and leads on', async ({ open }) => {
  const page = await open('/#/what/is/this');
  await page.getByText('There is no such page').waitFor();
  await page.getByRole('link', { name: 'Catalogue' }).click();
  await page.getByRole('article').first().waitFor();
});

scene('closes a pipeline while its page is open, and says so', async (own) => {
  own.allow(/404/);
  await store([entry('closing', { x: 1 }, 'end'), { id: 'end', type: 'end' }]);
  const page = await own.open('/#/services/closing');
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  await remove('closing');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
});
