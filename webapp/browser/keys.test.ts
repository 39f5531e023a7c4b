/** The page of an engine that asks for keys: signing in and out, what a key allows, keys that are made and revoked. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';

import type { JsonObject } from '../src/model/definition';
import { OwnEngine, SAMPLE } from './support/engine';
import { entry } from './support/pipelines';
import { scene } from './support/scene';
import { shows } from './support/states';
import { until } from './support/until';

const ADMIN = `admin-${'0123456789'.repeat(4)}`;
const engine = new OwnEngine({ APP_AUTH: 'keys', APP_ADMIN_KEY: ADMIN });
const ASKED = /401/;

async function ask(path: string, key: string, method = 'GET', body?: JsonObject): Promise<Response> {
  return await fetch(engine.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function keyWith(scope: string): Promise<string> {
  const made = await ask('/keys', ADMIN, 'POST', { name: `for ${scope}`, owner: 'team', scopes: [scope] });
  return ((await made.json()) as { key: string }).key;
}

const keys = { author: '', read: '' };

beforeAll(async () => {
  await engine.start();
  keys.author = await keyWith('author');
  keys.read = await keyWith('read');
  const nodes = [
    entry('same', ['image'], 'end'),
    { id: 'end', type: 'end', input: { 'same.jpg': 'entry.out.image' } },
  ];
  const stored = await ask('/services', keys.author, 'POST', { type: 'pipeline', nodes });
  expect(stored.status, await stored.text()).toBe(200);
});

afterAll(() => engine.kill());

const dialog = (page: Page) => page.getByRole('dialog', { name: 'This engine asks for a key' });

async function signIn(page: Page, key: string): Promise<void> {
  await dialog(page).getByLabel('API key').fill(key);
  await dialog(page).getByRole('button', { name: 'Sign in' }).click();
}

scene('asks for a key, and shows pictures, downloads and documentation with it', async (own) => {
  own.allow(ASKED);
  const page = await own.open('/', { engine: engine.url });
  await dialog(page).waitFor();
  await signIn(page, 'aim_0000000000000000_nobody');
  await dialog(page).getByRole('alert').getByText('does not know this key').waitFor();
  await signIn(page, keys.author);
  await page.getByRole('link', { name: 'same', exact: true }).click();
  await page.locator('input[type=file]').setInputFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  await page.getByText('Bearer $AIM_KEY').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
  await shows(page, 'end', 'finished');
  const picture = page.getByRole('region', { name: 'Result' }).locator('img').first();
  await until('the picture is drawn', async () =>
    (await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)) === 512 ? true : null,
  );
  const kept = (await page.context().cookies()).map(({ httpOnly, sameSite, value }) => ({
    httpOnly,
    sameSite,
    bearsKey: value.includes(keys.author),
  }));
  expect(kept).toEqual([{ httpOnly: true, sameSite: 'Strict', bearsKey: false }]);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download same.jpg' }).click();
  expect((await download).suggestedFilename()).toBe('astronaut.jpg');
  await page.goto(`${engine.url}/docs`);
  await page.getByText('/services/same').first().waitFor();
});

scene('tells who one is, and signs out', async (own) => {
  own.allow(ASKED);
  const page = await own.open('/#/settings', { engine: engine.url });
  await signIn(page, keys.author);
  const who = page.getByRole('region', { name: 'Who you are' });
  await who.getByText('team').waitFor();
  expect(await who.getByRole('listitem').allInnerTexts()).toEqual(['author', 'submit', 'read']);
  expect(await page.getByRole('button', { name: 'Make a key' }).count()).toBe(0);
  await page.reload();
  await who.getByText('team').waitFor();
  await who.getByRole('button', { name: 'Sign out' }).click();
  await dialog(page).waitFor();
  expect(await page.context().cookies()).toEqual([]);
  await page.reload();
  await dialog(page).waitFor();
});

scene('offers what the key allows, and says why not the rest', async (own) => {
  own.allow(ASKED);
  const page = await own.open('/', { engine: engine.url });
  await signIn(page, keys.read);
  await page.getByText('Your key lacks the scope “author”').waitFor();
  expect(await page.getByRole('button', { name: 'New pipeline' }).isDisabled()).toBe(true);
  expect(await page.getByRole('button', { name: 'Import a JSON file' }).isDisabled()).toBe(true);
  await page.getByRole('link', { name: 'same', exact: true }).click();
  await page.getByText('Your key lacks the scope “submit”').waitFor();
  expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true);
  await page.goto(`${engine.url}/#/edit/same`);
  await page.getByText('Your key lacks the scope “author”').waitFor();
  expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
});

scene('makes keys, shows each once, and revokes them', async (own) => {
  own.allow(ASKED);
  const page = await own.open('/#/settings', { engine: engine.url });
  await signIn(page, ADMIN);
  const form = page.getByRole('form', { name: 'Make a key' });
  await form.getByRole('textbox', { name: 'Name' }).fill('nightly');
  await form.getByRole('textbox', { name: 'Owner' }).fill('team');
  await form.getByRole('button', { name: 'Make a key' }).click();
  const secret = (await page.getByLabel('Key', { exact: true }).innerText()).trim();
  expect((await ask('/identity', secret)).status).toBe(200);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  expect(await page.getByText(secret).count()).toBe(0);
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('button', { name: 'Revoke nightly now' }).click();
  await page
    .getByRole('row', { name: /nightly/ })
    .getByText('revoked')
    .waitFor();
  expect((await ask('/identity', secret)).status).toBe(401);
});

scene('keeps what was begun when the key is good no more', async (own) => {
  own.allow(ASKED);
  const key = await keyWith('author');
  const page = await own.open('/#/services/same', { engine: engine.url });
  await signIn(page, key);
  await page.locator('input[type=file]').setInputFiles(SAMPLE);
  await page.getByAltText('astronaut.jpg').waitFor();
  await ask(`/keys/${key.split('_')[1] ?? ''}`, ADMIN, 'DELETE');
  await dialog(page).waitFor();
  await signIn(page, keys.author);
  await dialog(page).waitFor({ state: 'detached' });
  await page.getByAltText('astronaut.jpg').waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/#\/tasks\//);
});
