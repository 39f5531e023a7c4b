/** What is easily lost in an editor: text that is not finished, the version of a draft, an edge that is cut by mouse. */

import { expect } from 'vitest';

import { inspector, nodeOf } from './support/editor';
import { remove, replace, store } from './support/engine';
import { entry } from './support/pipelines';
import { scene } from './support/scene';
import { until } from './support/until';

const STEPS = [
  entry('fields', { x: 1 }, 'first'),
  { id: 'first', type: 'node', next: ['second'] },
  { id: 'second', type: 'node', before: 'y = first.out.x', next: ['end'] },
  { id: 'end', type: 'end', input: { x: 'second.out.x' } },
];

scene('keeps text that is no JSON yet at its field, while another node is looked at', async ({ open }) => {
  await store(STEPS);
  const page = await open('/#/edit/fields');
  await nodeOf(page, 'first').click();
  const params = inspector(page, 'first').getByRole('textbox', { name: 'params' });
  await params.click();
  await page.keyboard.insertText('{"size": [1, ');
  await nodeOf(page, 'second').click();
  await inspector(page, 'second').waitFor();
  const told = page.getByRole('region', { name: 'Faults' }).getByRole('button', { name: /first · params/ });
  await told.click();
  await inspector(page, 'first').waitFor();
  expect(await params.innerText()).toContain('{"size": [1, ');
  await params.click();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('2]}');
  await told.waitFor({ state: 'detached' });

  // A new id is taken over by the code that names the node, too.
  const id = inspector(page, 'first').getByRole('textbox', { name: 'id', exact: true });
  await id.fill('begin');
  await id.press('Enter');
  await nodeOf(page, 'second').click();
  const before = inspector(page, 'second').getByRole('textbox', { name: 'before', exact: true });
  await before.waitFor();
  expect(await before.innerText()).toBe('y = begin.out.x');

  // An edge is chosen by a click on its line, and cut by Del.
  const edges = page.locator('.react-flow__edge');
  const there = await edges.count();
  const line = edges.filter({ has: page.locator('path') }).last();
  const [x, y] = await line.locator('.react-flow__edge-path').evaluate((path: SVGPathElement) => {
    const middle = path.getPointAtLength(path.getTotalLength() / 2);
    const point = middle.matrixTransform(path.getScreenCTM() ?? undefined);
    return [point.x, point.y] as const;
  });
  await page.mouse.click(x, y);
  await page.keyboard.press('Delete');
  await until('the edge is cut', async () => ((await edges.count()) === there - 1 ? true : null));
  expect(await page.locator('.react-flow__node').count()).toBe(4);
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('the edge is back', async () => ((await edges.count()) === there ? true : null));
  await remove('fields');
});

scene(
  'tells that another version was stored since a draft was begun that is taken up here',
  async ({ open }) => {
    const route = 'begun-before';
    const nodes = [entry(route, { x: 1 }, 'first'), ...STEPS.slice(1)];
    await store(nodes);
    const page = await open(`/#/edit/${route}`);
    await nodeOf(page, 'first').click();
    await inspector(page, 'first').getByRole('textbox', { name: 'id', exact: true }).fill('begin');
    await page.keyboard.press('Enter');
    await nodeOf(page, 'begin').waitFor();
    await replace(route, [...nodes.slice(0, 3), { id: 'end', type: 'end' }]);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await page.close();
    await other.getByRole('button', { name: 'Go on with it' }).click();
    await nodeOf(other, 'begin').waitFor();
    await other.getByRole('button', { name: 'Save', exact: true }).click();
    await other.getByRole('dialog').getByRole('alert').getByText('Version 2 came meanwhile').waitFor();
    await remove(route);
  },
);
