/** What a person does in the editor. */

import type { Locator, Page } from 'playwright-core';

import { until } from './until';

export function nodeOf(page: Page, id: string): Locator {
  const name = page.locator('.node-id').getByText(id, { exact: true });
  return page.locator('.react-flow__node').filter({ has: name });
}

export function inspector(page: Page, id: string): Locator {
  return page.getByRole('complementary', { name: `Node ${id}`, exact: true }).last();
}

const middle = async (what: Locator): Promise<[number, number]> => {
  const box = await what.boundingBox();
  if (!box) throw new Error('it is not to be seen');
  return [box.x + box.width / 2, box.y + box.height / 2];
};

/** Draw a line with the mouse from where one node is left to where another begins. */
export async function connect(page: Page, from: string, to: string): Promise<void> {
  const [x, y] = await middle(nodeOf(page, from).locator('.react-flow__handle.source'));
  const [toX, toY] = await middle(nodeOf(page, to).locator('.react-flow__handle.target'));
  const before = await page.locator('.react-flow__edge').count();
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 20, y + 10, { steps: 4 });
  await page.mouse.move(toX, toY, { steps: 8 });
  await page.mouse.up();
  await until(`${from} is connected to ${to}`, async () =>
    (await page.locator('.react-flow__edge').count()) > before ? true : null,
  );
}

/** Give a node an input under a name: the path that it is taken from. */
export async function addInput(page: Page, node: string, name: string, path: string): Promise<void> {
  const fields = inspector(page, node);
  const known = fields.getByRole('button', { name: `Add ${name} to input`, exact: true });
  const field = fields.getByRole('combobox', { name: `input.${name}`, exact: true });
  if (await known.count()) await known.click();
  else if (!(await field.count())) {
    const names = fields.getByRole('textbox', { name: /^Name of input\./ });
    const before = await names.count();
    await fields.getByRole('button', { name: 'Add to input', exact: true }).click();
    await names.nth(before).waitFor();
    await names.nth(before).fill(name);
    await names.nth(before).press('Tab');
  }
  await field.fill(path);
  await field.press('Escape');
}

/** Write code into a field, in place of what is there. */
export async function writeCode(page: Page, field: Locator, code: string): Promise<void> {
  await field.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(code);
}
