/** For all: on a phone, in French, by keyboard alone. */

import type { Page } from 'playwright-core';
import { expect } from 'vitest';

import { SAMPLE, startWithPicture, statusOf, ended } from './support/engine';
import { PHONE, scene } from './support/scene';
import { shows } from './support/states';

/** How far the page can be moved sideways, in pixels. */
const sideways = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });

scene('fits on a phone: look and run, and nothing to move sideways', async ({ open }) => {
  const page = await open('/', PHONE);
  await page.getByRole('article').first().waitFor();
  expect(await sideways(page)).toBe(0);
  await page.getByRole('searchbox').fill('face-blur');
  await page.getByRole('link', { name: 'face-blur', exact: true }).tap();
  await page.locator('.react-flow[data-settled=true]').waitFor();
  expect(await sideways(page)).toBe(0);
  await page.locator('input[type=file]').setInputFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  expect(await sideways(page)).toBe(0);
  await page.getByRole('button', { name: 'Run', exact: true }).tap();
  await page.waitForURL(/#\/tasks\//);
  await shows(page, 'end', 'finished');
  await page.locator('img[src*="/files/"]').first().waitFor();
  expect(await sideways(page)).toBe(0);
  for (const path of ['/#/tasks', '/#/status', '/#/services/describe-faces']) {
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await sideways(page), path).toBe(0);
  }
});

scene('speaks French where the browser does, and English where that is chosen', async ({ open }) => {
  const page = await open('/', { language: 'fr' });
  await page.getByRole('heading', { name: 'Pipelines et services' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('fr');
  await page.getByRole('link', { name: 'Tâches' }).click();
  await page.getByRole('heading', { level: 1, name: 'Tâches' }).waitFor();
  await page.getByRole('combobox', { name: 'Langue' }).selectOption('en');
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
});

scene('shows a task in French', async ({ open }) => {
  const task = await startWithPicture('face-blur');
  await ended(task);
  const page = await open(`/#/tasks/${task}`, { language: 'fr' });
  await shows(page, 'end', 'terminé');
  await page.getByRole('heading', { name: 'Résultat' }).waitFor();
  await page.getByRole('link', { name: 'Télécharger blurred.jpg' }).waitFor();
});

/** Press Tab until what is focused has this role and name. */
async function tabTo(page: Page, role: 'link' | 'button' | 'searchbox', name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true });
  await wanted.first().waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    const there = await wanted.evaluateAll((found) => found.some((each) => each === document.activeElement));
    if (there) return;
  }
  throw new Error(`${role} ${name} cannot be reached by Tab`);
}

scene('can be used by keyboard alone: find, look, choose a picture, run', async ({ open }) => {
  const page = await open('/');
  await page.getByRole('article').first().waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await tabTo(page, 'searchbox', 'Search');
  await page.keyboard.type('face-blur');
  await tabTo(page, 'link', 'face-blur');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'face-blur' }).waitFor();
  const chooser = page.waitForEvent('filechooser');
  await tabTo(page, 'button', 'image: Choose a file');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  await tabTo(page, 'button', 'Run');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/tasks\//);
  await shows(page, 'end', 'finished');
  expect((await statusOf(page.url().split('/').at(-1) ?? '')).status).toBe('finished');
});

scene('shows where the focus is', async ({ open }) => {
  const page = await open('/#/services/face-blur');
  await page.locator('.react-flow[data-settled=true]').waitFor();
  const missed: string[] = [];
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const unseen = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      const style = (element: Element): CSSStyleDeclaration => getComputedStyle(element);
      const candidates = [focused, focused.firstElementChild, focused.parentElement].filter(
        (each) => each !== null,
      );
      const shown = candidates.some(
        (each) => style(each).outlineStyle !== 'none' || style(each).boxShadow !== 'none',
      );
      return shown || focused.tagName === 'INPUT' || focused.tagName === 'SELECT' ? null : focused.outerHTML;
    });
    if (unseen) missed.push(unseen);
  }
  expect(missed).toEqual([]);
});
