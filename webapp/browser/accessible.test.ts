/** What axe finds on every page, in light and in dark: nothing serious. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect } from 'vitest';

import { type Place, places } from './support/tour';
import { PHONE, type Scene, scene } from './support/scene';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Findings that are serious or critical, as lines to read. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE); // a script of the page the policy would not let in
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
    return await axe.run({ resultTypes: ['violations'] });
  });
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const lines = serious.flatMap(({ id, nodes }) =>
    nodes.map(({ any, html }) => {
      const { contrastRatio, fgColor, bgColor } = (any[0]?.data ?? {}) as Partial<Contrast>;
      const colours = contrastRatio ? ` ${fgColor ?? ''} on ${bgColor ?? ''}, ${contrastRatio} to 1` : '';
      return `${id}${colours}: ${html.replace(/ style="[^"]*"/, '').slice(0, 160)}`;
    }),
  );
  return [...new Set(lines)];
}

interface Contrast {
  contrastRatio: number;
  fgColor: string;
  bgColor: string;
}

let all: Place[] = [];

beforeAll(async () => {
  all = await places();
});

async function look(own: Scene, view: Parameters<Scene['open']>[1]): Promise<void> {
  const page = await own.open('/', view);
  const found: string[] = [];
  for (const { name, path, ready } of all) {
    await page.goto(path);
    await ready(page);
    found.push(...(await findings(page)).map((line) => `${name}: ${line}`));
  }
  expect(found).toEqual([]);
}

scene('has no serious finding in light', (own) => look(own, { scheme: 'light' }));
scene('has no serious finding in dark', (own) => look(own, { scheme: 'dark' }));
scene('has no serious finding on a phone', (own) => look(own, { ...PHONE, scheme: 'dark' }));
