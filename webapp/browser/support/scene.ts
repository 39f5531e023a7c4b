/** A test in the browser: it opens pages, and fails also by what the pages do that they must not. */

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { inject, test } from 'vitest';

import { ENGINE } from './settings';

export interface Look {
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  language?: 'en' | 'fr';
  /** The engine that serves the page. */
  engine?: string;
  touch?: boolean;
}

export const PHONE: Look = { width: 390, height: 844, touch: true };
const PATIENCE = 20_000;
/** What a page leaves behind when another one is opened: its streams are cut. */
const CUT = 'net::ERR_ABORTED';

let shared: Promise<Browser> | undefined;

function browser(): Promise<Browser> {
  shared ??= chromium.connect(inject('browser'));
  return shared;
}

export class Scene {
  readonly faults: string[] = [];
  private readonly contexts: BrowserContext[] = [];
  private readonly elsewhere: string[] = [];
  private readonly allowed: RegExp[] = [];

  /** Open an address of the page, in a window without memory. */
  readonly open = async (path: string, look: Look = {}): Promise<Page> => {
    const page = await this.window(look);
    await page.goto((look.engine ?? ENGINE) + path);
    return page;
  };

  /** A window that shows nothing yet. */
  readonly window = async (look: Look = {}): Promise<Page> => {
    const { width = 1440, height = 900, scheme = 'light', language = 'en', touch = false } = look;
    const context = await (
      await browser()
    ).newContext({
      baseURL: look.engine ?? ENGINE,
      viewport: { width, height },
      colorScheme: scheme,
      locale: language === 'en' ? 'en-GB' : 'fr-FR',
      hasTouch: touch,
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    context.setDefaultTimeout(PATIENCE);
    this.contexts.push(context);
    const page = await context.newPage();
    this.watch(page, look.engine ?? ENGINE);
    return page;
  };

  /** Errors of this kind belong to what is tested. Requests to elsewhere never do. */
  allow(...kinds: RegExp[]): void {
    this.allowed.push(...kinds);
  }

  /** Throw where a page did what it must not. */
  judge(): void {
    const wrong = this.faults.filter((fault) => !this.allowed.some((kind) => kind.test(fault)));
    wrong.push(...this.elsewhere.map((url) => `a request to elsewhere: ${url}`));
    if (wrong.length) throw new Error(`the page did what it must not:\n${wrong.join('\n')}`);
  }

  /** Write down what is seen; gives the folder where it lies. */
  async record(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'browser-failure-'));
    const pages = this.contexts.flatMap((context) => context.pages());
    for (const [number, page] of pages.entries()) {
      const name = join(folder, `page${number}`);
      await page.screenshot({ path: `${name}.png`, timeout: 5_000 }).catch(() => undefined);
      await writeFile(`${name}.html`, `<!-- ${page.url()} -->\n${await page.content().catch(String)}`);
    }
    await writeFile(join(folder, 'faults.txt'), this.faults.join('\n'));
    return folder;
  }

  async close(): Promise<void> {
    for (const context of this.contexts) await context.close();
  }

  private watch(page: Page, engine: string): void {
    const add = (kind: string, text: string): void => void this.faults.push(`${kind}: ${text}`);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) add(message.type(), message.text());
    });
    page.on('pageerror', (error) => {
      add('exception', error.stack ?? error.message);
    });
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      if (reason !== CUT) add('request failed', `${request.method()} ${request.url()} ${reason}`);
    });
    page.on('response', (answer) => {
      if (answer.status() >= 400) add('answer', `${answer.status()} ${answer.url()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (/^(https?|wss?):/.test(url) && !url.startsWith(`${engine}/`)) {
        this.elsewhere.push(url);
      }
    });
  }
}

/** A test that is given pages. What was seen last is written down where it fails. */
export function scene(name: string, play: (scene: Scene) => Promise<void>, milliseconds?: number): void {
  test(
    name,
    async () => {
      const own = new Scene();
      try {
        await play(own);
        own.judge();
      } catch (error) {
        const folder = await own.record();
        if (error instanceof Error)
          error.message += `\nWhat was seen lies in ${folder}\n${own.faults.join('\n')}`;
        throw error;
      } finally {
        await own.close();
      }
    },
    milliseconds,
  );
}
