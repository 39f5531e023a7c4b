/** Pipelines as they are drawn. */

import { expect } from 'vitest';

import type { JsonObject } from '../src/model/definition';
import { remove, services, store } from './support/engine';
import { crossings, drawn, overlaps } from './support/drawing';
import { threeLevels } from './support/pipelines';
import { scene } from './support/scene';

scene('draws every pipeline and service, without a line through a foreign node', async ({ open }) => {
  await store(threeLevels('nested'));
  const page = await open('/');
  const all = await services();
  expect(all.length).toBeGreaterThan(12);
  for (const { nodes, state } of all) {
    const { route } = state;
    await page.goto(new URL(`/#/services/${route}`, page.url()).toString());
    await page.getByRole('heading', { level: 1, name: route, exact: true }).waitFor();
    const drawing = await drawn(page, nodes as JsonObject[]);
    expect(crossings(drawing), route).toEqual([]);
    expect(overlaps(drawing), route).toEqual([]);
  }
  await remove('nested');
});

scene('draws a loop as a frame that holds its body, three deep', async ({ open }) => {
  await store(threeLevels('deep'));
  const page = await open('/#/services/deep');
  const { boxes } = await drawn(page, threeLevels('deep'));
  const inner = Object.keys(boxes).filter((key) => key.split('/nodes/').length === 5);
  expect(inner.length).toBeGreaterThanOrEqual(2);
  for (const [key, box] of Object.entries(boxes)) {
    const frame = boxes[key.slice(0, key.lastIndexOf('/nodes/'))];
    if (!frame) continue;
    expect(box.left >= frame.left && box.right <= frame.right && box.top >= frame.top, key).toBe(true);
    expect(box.bottom, key).toBeLessThanOrEqual(frame.bottom);
  }
  await page.getByText('len(entry.out.pictures)').first().waitFor();
  await page.getByText('for each of entry.out.pictures').waitFor();
  await remove('deep');
});

scene('shows what a node says, and the whole definition as JSON', async ({ open }) => {
  const page = await open('/#/services/face-blur');
  await page.locator('.react-flow__node').getByText('blur', { exact: true }).click();
  const inspector = page.getByRole('complementary');
  await inspector.getByText('"areas": "detect.out.answer"').waitFor();
  await page.getByText('JSON', { exact: true }).click();
  const text = await page.locator('pre.json').innerText();
  expect(JSON.parse(text)).toMatchObject({ type: 'pipeline' });
});
