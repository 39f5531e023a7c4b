/** Tasks as they run: whoever started them, whatever dies. */

import { afterAll, beforeAll, expect } from 'vitest';

import { OwnEngine, remove, resultOf, start, startWithPicture, statusOf, store } from './support/engine';
import { Gate } from './support/gate';
import { gated, heldFaceBlur } from './support/pipelines';
import { type Box, differs } from './support/picture';
import { scene } from './support/scene';
import { seenStates, shows, watchStates } from './support/states';

const gate = new Gate();
const url = (operation: string): string => gate.url(operation);

beforeAll(async () => {
  await gate.open();
  await store(gated('gated', url));
  await store(heldFaceBlur('held-face-blur', url));
});

afterAll(async () => {
  await remove('gated');
  await remove('held-face-blur');
  await gate.close();
});

scene('shows a task that another program has started, as it goes on', async ({ window }) => {
  const task = await start('gated', { reason: 'from outside' });
  await gate.called('first');
  const page = await window();
  await watchStates(page);
  await page.goto(`/#/tasks/${task}`);
  await shows(page, 'first', 'running');
  await shows(page, 'second', 'pending');
  await gate.release('first');
  await shows(page, 'first', 'finished');
  await shows(page, 'second', 'running');
  await gate.release('second', { told: 'this came by hand' });
  await shows(page, 'end', 'finished');
  await page.getByText('"told": "this came by hand"').waitFor();
  const states = await seenStates(page);
  expect(states['second']).toEqual(['pending', 'running', 'finished']);
});

scene('is the same after it was loaded anew in the middle', async ({ open }) => {
  const task = await startWithPicture('held-face-blur');
  const page = await open(`/#/tasks/${task}`);
  await shows(page, 'detect', 'finished');
  await shows(page, 'hold', 'running');
  await page.reload();
  await shows(page, 'detect', 'finished');
  await shows(page, 'hold', 'running');
  await shows(page, 'blur', 'pending');
  await gate.release('hold');
  await shows(page, 'blur', 'finished');
  const { faces } = (await resultOf(task)) as { faces: Box[] };
  const picture = await differs(page, page.locator('img[src*="/files/"]').first(), faces);
  expect(picture.detail.after).toBeLessThan(picture.detail.before / 3);
});

scene('ends a task that is cancelled', async ({ open }) => {
  const task = await start('gated', { reason: 'to be cancelled' });
  const page = await open(`/#/tasks/${task}`);
  await shows(page, 'first', 'running');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('alert').getByText('cancelled').waitFor();
  expect((await statusOf(task)).message).toBe('cancelled');
  await gate.release('first');
});

scene('goes on by itself when the engine was killed and started again while a task ran', async (own) => {
  own.allow(
    /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONTENT_LENGTH|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|503/,
  );
  const engine = new OwnEngine();
  await engine.start();
  try {
    await store(gated('gated', url), engine.url);
    const task = await start('gated', { reason: 'restart' }, engine.url);
    const page = await own.open(`/#/tasks/${task}`, { engine: engine.url });
    await page.evaluate(() => Object.assign(window, { never: 'loaded anew' }));
    await gate.release('first');
    await shows(page, 'second', 'running');
    await gate.called('second');
    await engine.kill();
    await page.getByText('The connection to the engine is lost').waitFor();
    await engine.start();
    await gate.release('second', { told: 'after the restart' });
    await shows(page, 'end', 'finished');
    await page.getByText('"told": "after the restart"').waitFor();
    expect(await page.getByText('The connection to the engine is lost').count()).toBe(0);
    expect(await page.evaluate(() => (window as unknown as { never?: string }).never)).toBe('loaded anew');
  } finally {
    await engine.kill();
  }
});
