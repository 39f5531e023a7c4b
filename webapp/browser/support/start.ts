/** One browser for the run: every file of tests connects to it. */

import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

import { PROGRAM } from './settings';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

declare module 'vitest' {
  interface ProvidedContext {
    browser: string;
    /** The process of the browser, whose children paint. */
    browserProcess: number;
  }
}

/** Playwright gives it a new folder for its data, and takes that away with it. */
export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer({ executablePath: PROGRAM, headless: true, args: ARGUMENTS });
  project.provide('browser', server.wsEndpoint());
  project.provide('browserProcess', server.process().pid ?? 0);
  return () => server.close();
}
