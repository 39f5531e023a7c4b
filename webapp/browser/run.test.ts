/** Running a pipeline by its form: a picture goes in, its states are seen, a picture comes out. */

import { expect } from 'vitest';

import { SAMPLE, ended, remove, resultOf, start, store } from './support/engine';
import { drop } from './support/files';
import { entry } from './support/pipelines';
import { type Box, differs, tiff } from './support/picture';
import { scene } from './support/scene';
import { seenStates, shows, watchStates } from './support/states';
import { until } from './support/until';

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

scene('says what is no JSON, and shows a TIFF that comes out as a picture', async ({ open }) => {
  await store([
    entry('any-file', ['image'], 'end'),
    { id: 'end', type: 'end', input: { 'same.tiff': 'entry.out.image' } },
  ]);
  const page = await open('/#/services/any-file');
  await page.getByRole('button', { name: 'Write JSON for image instead' }).click();
  await page.getByRole('textbox', { name: 'image' }).fill('{"image": ');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByText('This is no JSON.').waitFor();
  expect(page.url()).toContain('/services/any-file');
  await page.getByRole('button', { name: 'Choose a file for image instead' }).click();
  const file = { name: 'same.tiff', mimeType: 'image/tiff', buffer: tiff(40, 30) };
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByText('same.tiff').first().waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
  const shown = page.getByRole('region', { name: 'Result' }).locator('img');
  await until('the picture is drawn', async () => {
    const size = await shown.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]);
    return size[0] === 40 && size[1] === 30 ? true : null;
  });
  await remove('any-file');
});

scene('shows the run of a sub-pipeline, which is mended in the task that it belongs to', async ({ open }) => {
  await store([
    entry('inner-fails', { x: 1 }, 'work'),
    { id: 'work', type: 'node', before: 'node.out = {"z": 1 / 0}', next: ['end'] },
    { id: 'end', type: 'end' },
  ]);
  await store([
    entry('outer-calls', { x: 1 }, 'call'),
    { id: 'call', type: 'service', service: 'inner-fails', input: { x: 'entry.out.x' }, next: ['end'] },
    { id: 'end', type: 'end' },
  ]);
  const task = await start('outer-calls', { x: 1 });
  await ended(task);
  const page = await open(`/#/tasks/${task}?node=call`);
  await page.getByRole('link', { name: 'Open the task of this call' }).first().click();
  await page.getByRole('link', { name: 'inner-fails' }).first().waitFor();
  await page.getByRole('button', { name: 'Node work' }).first().click();
  const panel = page.getByRole('complementary', { name: 'Node work' });
  await panel.getByText('this line failed').waitFor();
  expect(await panel.getByRole('button', { name: /Fix the code|Run again/ }).count()).toBe(0);
  await panel.getByRole('link', { name: 'open the whole task' }).click();
  await page.waitForURL(new RegExp(task));
  await remove('outer-calls');
  await remove('inner-fails');
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
