/** Running a pipeline by its form: a picture goes in, its states are seen, a picture comes out. */

import { expect } from 'vitest';

import { SAMPLE, ended, remove, resultOf, store } from './support/engine';
import { drop } from './support/files';
import { entry } from './support/pipelines';
import { type Box, differs } from './support/picture';
import { scene } from './support/scene';
import { seenStates, shows, watchStates } from './support/states';

const taskIn = (url: string): string => /#\/tasks\/([^?]+)/.exec(url)?.[1] ?? '';

scene('blurs the face of the sample picture, live, and shows what came of it', async ({ window }) => {
  const page = await window();
  await watchStates(page);
  await page.goto('/#/services/face-blur');
  await drop(page, page.getByRole('group', { name: 'image' }), [SAMPLE]);
  await page.getByAltText('astronaut.jpg').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
  for (const id of ['entry', 'detect', 'blur', 'end']) await shows(page, id, 'finished');
  const task = taskIn(page.url());
  const { faces } = (await resultOf(task)) as { faces: Box[] };
  expect(faces).toHaveLength(1);
  const picture = await differs(page, page.locator('img[src*="/files/"]').first(), faces);
  expect([picture.width, picture.height]).toEqual([512, 512]);
  expect(picture.inside).toBeGreaterThan(10);
  expect(picture.outside).toBeLessThan(3);
  expect(picture.detail.after).toBeLessThan(picture.detail.before / 3);
  const states = await seenStates(page);
  expect(states['blur']?.at(-1)).toBe('finished');
  await page.getByRole('link', { name: 'Download blurred.jpg' }).waitFor();
});

scene('takes a picture that is pasted', async ({ open }) => {
  const page = await open('/#/services/to-jpg');
  const field = page.getByRole('group', { name: 'image' });
  await field.focus();
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext('2d')?.fillRect(0, 0, 20, 30);
    const data = new DataTransfer();
    data.items.add(
      new File([await canvas.convertToBlob({ type: 'image/png' })], 'pasted.png', { type: 'image/png' }),
    );
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true }),
    );
  });
  await page.getByAltText('pasted.png').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
  await page.locator('img[src*="/files/"]').first().waitFor();
  expect((await ended(taskIn(page.url()))).status).toBe('finished');
});

scene('says at the field what is wrong, and sends nothing before that is right', async ({ open }) => {
  await store([
    entry('typed', { count: 3, name: 'Ada' }, 'end'),
    { id: 'end', type: 'end', input: { count: 'entry.out.count' } },
  ]);
  const page = await open('/#/services/typed');
  const count = page.getByRole('textbox', { name: 'count' });
  await count.fill('many');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('A number is needed.').waitFor();
  expect(await count.getAttribute('aria-invalid')).toBe('true');
  const said = await count.getAttribute('aria-describedby');
  expect(await page.locator(`[id="${said}"]`).innerText()).toContain('A number is needed.');
  expect(page.url()).toContain('/services/typed');
  await count.fill('4');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
  await shows(page, 'end', 'finished');
  expect(await resultOf(taskIn(page.url()))).toEqual({ count: 4 });
  await remove('typed');
});

scene('says that a picture is needed', async ({ open }) => {
  const page = await open('/#/services/face-blur');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('This is needed.').waitFor();
  expect(page.url()).toContain('/services/face-blur');
});

scene('shows a task that fails: which node, why, and goes on from there', async ({ open }) => {
  await store([
    entry('failing', { x: 1 }, 'work'),
    { id: 'work', type: 'node', before: 'y = 1\nnode.out = {"z": input.x / 0}', next: ['end'] },
    { id: 'end', type: 'end' },
  ]);
  const page = await open('/#/services/failing');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await shows(page, 'work', 'error');
  const alert = page.getByRole('alert').first();
  expect(await alert.innerText()).toContain('work');
  await page.getByRole('button', { name: 'Go on from what failed' }).click();
  await shows(page, 'work', 'error');
  await remove('failing');
});
