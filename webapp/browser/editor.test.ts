/** A pipeline is built from nothing, run, broken and mended: by mouse, and by keyboard alone. */

import type { Page } from 'playwright-core';
import { expect } from 'vitest';

import { SAMPLE, definition, remove, resultOf, statusOf } from './support/engine';
import { addInput, connect, inspector, nodeOf, writeCode } from './support/editor';
import { type Box, differs } from './support/picture';
import { scene } from './support/scene';
import { shows } from './support/states';

const taskIn = (page: Page): string => /#\/tasks\/([^?]+)/.exec(page.url())?.[1] ?? '';

async function isBlurred(page: Page): Promise<void> {
  const { faces } = (await resultOf(taskIn(page))) as { faces: Box[] };
  expect(faces).toHaveLength(1);
  const shown = page.getByRole('region', { name: 'Result' }).locator('img[src*="blurred.jpg"]').first();
  const picture = await differs(page, shown, faces);
  expect(picture.detail.after).toBeLessThan(picture.detail.before / 3);
  expect(picture.outside).toBeLessThan(3);
}

async function runIt(page: Page): Promise<void> {
  await page.waitForURL(/#\/services\//);
  await page.locator('input[type=file]').first().setInputFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
}

scene('builds face-blur from nothing by mouse, and runs it', async (own) => {
  const page = await own.open('/#/new');
  await nodeOf(page, 'entry').click();
  await page.getByRole('textbox', { name: 'api.route' }).fill('built-by-mouse');
  await page.getByRole('button', { name: 'face-detect', exact: true }).click();
  await nodeOf(page, 'face_detect').waitFor();
  const pane = await page.locator('.react-flow').boundingBox();
  await page
    .getByRole('button', { name: 'image-blur', exact: true })
    .dragTo(page.locator('.react-flow__pane'), {
      targetPosition: { x: (pane?.width ?? 0) / 2, y: (pane?.height ?? 0) * 0.75 },
    });
  await nodeOf(page, 'image_blur').waitFor();
  await connect(page, 'face_detect', 'image_blur');
  await connect(page, 'image_blur', 'end');
  await page.getByText('Outline', { exact: true }).click();
  await page.getByRole('button', { name: 'Cut next from face_detect to end' }).click();
  await page.getByText('Graph', { exact: true }).click();
  await nodeOf(page, 'image_blur').click();
  await inspector(page, 'image_blur').waitFor();
  await addInput(page, 'image_blur', 'image', 'entry.out.image');
  await addInput(page, 'image_blur', 'areas', 'face_detect.out.answer');
  await nodeOf(page, 'end').click();
  await inspector(page, 'end').waitFor();
  await addInput(page, 'end', 'blurred.jpg', 'image_blur.out.result');
  await addInput(page, 'end', 'faces', 'face_detect.out.answer');
  await page.getByText('No faults.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Save new pipeline' }).click();
  await page.waitForURL(/#\/edit\/built-by-mouse/);
  const { nodes } = await definition('built-by-mouse');
  expect(nodes).toHaveLength(4);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await runIt(page);
  for (const id of ['entry', 'face_detect', 'image_blur', 'end']) await shows(page, id, 'finished');
  await isBlurred(page);
  await page.getByLabel('1 box drawn on the picture').first().waitFor();
  await remove('built-by-mouse');
});

scene('shows the error of a node at its line, and goes on when it is mended', async (own) => {
  const page = await own.open('/#/new');
  await nodeOf(page, 'entry').click();
  await page.getByRole('textbox', { name: 'api.route' }).fill('broken-code');
  await page.getByRole('button', { name: 'face-detect', exact: true }).click();
  await inspector(page, 'face_detect').waitFor();
  const after = inspector(page, 'face_detect').getByRole('textbox', { name: 'after', exact: true });
  await writeCode(page, after, 'boxes = node.out.answer\nnode.out = {"share": 1 / (len(boxes) - 1');
  await inspector(page, 'face_detect')
    .getByText(/line 2/i)
    .first()
    .waitFor();
  await writeCode(
    page,
    after,
    'boxes = node.out.answer\nshare = 1 / (len(boxes) - 1)\nnode.out = {"share": share}',
  );
  await page.getByText('No faults.').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Save new pipeline' }).click();
  await page.waitForURL(/#\/edit\/broken-code/);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await runIt(page);
  await shows(page, 'face_detect', 'error');
  await nodeOf(page, 'face_detect').click();
  await page.getByText('this line failed').first().waitFor();
  await page.getByRole('button', { name: 'Fix the code and go on' }).first().click();
  const code = page.getByRole('dialog').getByRole('textbox', { name: /Code of/ });
  await writeCode(page, code, 'boxes = node.out.answer\nshare = 1 / len(boxes)\nnode.out = {"share": share}');
  const failed = page.url();
  await page.getByRole('button', { name: 'Check, and run again from face_detect' }).click();
  await page.waitForURL((url) => url.toString() !== failed && url.hash.startsWith('#/tasks/'));
  await shows(page, 'end', 'finished');
  expect((await statusOf(taskIn(page))).status).toBe('finished');
  await remove('broken-code');
});
