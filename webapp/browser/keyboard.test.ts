/** A pipeline is built, saved and run without a mouse. */

import type { Page } from 'playwright-core';
import { expect } from 'vitest';

import { SAMPLE, definition, remove, statusOf } from './support/engine';
import { nodeOf } from './support/editor';
import { scene } from './support/scene';
import { shows } from './support/states';

const CANVAS = '.react-flow';
const PALETTE = '.palette';
const FIELDS = '.editor-side';

/** Wait until the focus is in a part of the page. */
async function focusIn(page: Page, part: string): Promise<void> {
  await page.waitForFunction((name) => document.activeElement?.closest(name) != null, part);
}

/** Whether the drawing itself has the focus. */
function isIn(page: Page): Promise<boolean> {
  return page.evaluate((name) => document.activeElement?.matches(name) === true, CANVAS);
}

/** Press Tab until what has the focus bears a name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let count = 0; count < 90; count += 1) {
    const named = await page.evaluate((wanted) => {
      const here = document.activeElement as HTMLInputElement | null;
      const labels = [...(here?.labels ?? [])].map((label) => label.textContent.trim());
      const by = (here?.getAttribute('aria-labelledby') ?? '').split(' ');
      const texts = by.map((id) => document.getElementById(id)?.textContent.trim());
      const own = [here?.getAttribute('aria-label'), here?.textContent.trim()];
      return [...own, ...labels, ...texts].includes(wanted);
    }, name);
    if (named) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way by Tab to ${name}`);
}

/** From the drawing: add what the search finds first, behind the node that is selected. */
async function add(page: Page, search: string, id: string): Promise<void> {
  await page.keyboard.press('a');
  await focusIn(page, PALETTE);
  await page.keyboard.type(search);
  await page.keyboard.press('Enter');
  await nodeOf(page, id).waitFor();
  await focusIn(page, CANVAS);
}

/** Write into a field of the selected node, and go back to the drawing. */
async function fill(page: Page, field: string, text: string): Promise<void> {
  await page.locator(`${FIELDS} [aria-label^="Node "]`).waitFor();
  await page.keyboard.press('Enter');
  await focusIn(page, FIELDS);
  await tabTo(page, field);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text); // typed, brackets would be closed by the field
  // The first one may only close what is suggested; one too many would let go of the node.
  for (let count = 0; count < 3; count += 1) {
    await page.keyboard.press('Escape');
    const back = page.waitForFunction((name) => document.activeElement?.matches(name), CANVAS, {
      timeout: 2_500,
    });
    if (await back.then(() => true).catch(() => false)) return;
  }
  await focusIn(page, CANVAS);
}

/** From the editor's drawing: save the new pipeline, and run it on the sample picture. */
async function saveAndRun(page: Page, route: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+s');
  await tabTo(page, 'Save new pipeline');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.hash.startsWith(`#/edit/${route}`));
  expect((await definition(route)).nodes).not.toHaveLength(0);
  await page.getByRole('heading', { level: 1, name: route }).waitFor();
  await tabTo(page, 'Run');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.hash.startsWith(`#/services/${route}`));
  const chooser = page.waitForEvent('filechooser');
  await tabTo(page, 'image: Choose a file');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  await tabTo(page, 'Run');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/tasks\//);
}

/** Press Tab until the drawing has the focus. */
async function focusCanvas(page: Page): Promise<void> {
  for (let count = 0; count < 90 && !(await isIn(page)); count += 1) await page.keyboard.press('Tab');
  await focusIn(page, CANVAS);
}

scene('builds, saves and runs a pipeline by keyboard alone', async (own) => {
  const page = await own.open('/#/new');
  await page.locator('[data-settled=true]').waitFor();
  for (let count = 0; count < 90 && !(await isIn(page)); count += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await fill(page, 'api.route', 'built-by-keys');
  await add(page, 'face-detect', 'face_detect');
  await add(page, 'image-blur', 'image_blur');
  await fill(page, 'input.areas', 'face_detect.out.answer');
  await page.getByText('No faults.').waitFor();
  await saveAndRun(page, 'built-by-keys');
  for (const id of ['entry', 'face_detect', 'image_blur', 'end']) await shows(page, id, 'finished');
  const task = /#\/tasks\/([^?]+)/.exec(page.url())?.[1] ?? '';
  expect((await statusOf(task)).status).toBe('finished');
  await remove('built-by-keys');
});

scene('finds the line of an error, mends it and goes on by keyboard alone', async (own) => {
  const page = await own.open('/#/new');
  await page.locator('[data-settled=true]').waitFor();
  await focusCanvas(page);
  await page.keyboard.press('ArrowRight');
  await fill(page, 'api.route', 'mended-by-keys');
  await add(page, 'face-detect', 'face_detect');
  await fill(page, 'after', 'boxes = = node.out.answer');
  await page
    .locator(FIELDS)
    .getByText(/line 1/i)
    .first()
    .waitFor();
  await fill(page, 'after', 'node.out = {"share": 1 / (len(node.out.answer) - 1)}');
  await page.getByText('No faults.').waitFor();
  await saveAndRun(page, 'mended-by-keys');
  await shows(page, 'face_detect', 'error');
  await tabTo(page, 'Node face_detect');
  await page.keyboard.press('Enter');
  await page.getByText('this line failed').first().waitFor();
  await tabTo(page, 'Fix the code and go on');
  await page.keyboard.press('Enter');
  const code = page.getByRole('dialog').getByRole('textbox', { name: /Code of/ });
  await code.waitFor();
  for (let count = 0; count < 20; count += 1) {
    if (await code.evaluate((field) => field.contains(document.activeElement))) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText('node.out = {"share": 1 / len(node.out.answer)}');
  await tabTo(page, 'Check, and run again from face_detect');
  const failed = page.url();
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.toString() !== failed && url.hash.startsWith('#/tasks/'));
  await shows(page, 'end', 'finished');
  await remove('mended-by-keys');
});
