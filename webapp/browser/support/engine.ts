/** The engine as other programs see it: by HTTP, and as a process that a test may end. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Json, JsonObject } from '../../src/model/definition';
import type { Service, Status } from '../../src/model/wire';
import { ENGINE, FOLDER, PORTS, PYTHON } from './settings';
import { until } from './until';

const ROOT = new URL('../../../', import.meta.url);
export const SAMPLE = new URL('samples/astronaut.jpg', ROOT).pathname;
const WEB = new URL('webapp/dist', ROOT).pathname;

async function answer(path: string, init: RequestInit = {}, engine = ENGINE): Promise<unknown> {
  const got = await fetch(engine + path, init);
  if (!got.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${got.status} ${await got.text()}`);
  return await got.json();
}

const json = (method: string, value: Json): RequestInit => ({
  method,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
});

/** Store a pipeline whose entry has this route and body; gives the route. */
export async function store(nodes: JsonObject[], engine = ENGINE): Promise<void> {
  await answer('/services', json('POST', { type: 'pipeline', nodes }), engine);
}

/** Store a new version of a pipeline. */
export async function replace(route: string, nodes: JsonObject[]): Promise<void> {
  await answer(`/services/${route}`, json('PUT', { type: 'pipeline', nodes }));
}

export async function definition(route: string): Promise<Service> {
  return (await answer(`/services/${route}`)) as Service;
}

export async function services(engine = ENGINE): Promise<Service[]> {
  return (await answer('/services', {}, engine)) as Service[];
}

export async function remove(route: string): Promise<void> {
  await answer(`/services/${route}`, { method: 'DELETE' });
}

/** Start a task with JSON; gives its id. */
export async function start(route: string, body: JsonObject, engine = ENGINE): Promise<string> {
  return ((await answer(`/services/${route}`, json('POST', body), engine)) as { jobId: string }).jobId;
}

/** Start a task with the sample picture; gives its id. */
export async function startWithPicture(route: string, field = 'image'): Promise<string> {
  const body = new FormData();
  body.append(field, new Blob([readFileSync(SAMPLE)], { type: 'image/jpeg' }), 'astronaut.jpg');
  return ((await answer(`/services/${route}`, { method: 'POST', body })) as { jobId: string }).jobId;
}

export async function statusOf(task: string, engine = ENGINE): Promise<Status> {
  return (await answer(`/tasks/${task}/status`, {}, engine)) as Status;
}

export async function resultOf(task: string): Promise<JsonObject> {
  return (await answer(`/tasks/${task}`)) as JsonObject;
}

/** Wait for the end of a task; gives how it ended. */
export async function ended(task: string, engine = ENGINE): Promise<Status> {
  return await until(`the task ${task} has ended`, async () => {
    const found = await statusOf(task, engine);
    return found.status === 'running' ? null : found;
  });
}

/** How many ports are in use; files of tests, which run one after the other, begin anew. */
let taken = 0;

/** An engine of one test's own, with the same page; it may be killed and started again. */
export class OwnEngine {
  readonly url: string;
  private process: ChildProcess | null = null;
  private readonly variables: NodeJS.ProcessEnv;

  constructor(settings: Record<string, string> = {}) {
    const port = PORTS[taken];
    taken += 1;
    if (port === undefined) throw new Error('there are no more ports for engines');
    this.url = `http://127.0.0.1:${port}`;
    this.variables = {
      ...process.env,
      APP_PORT: String(port),
      APP_WEB: WEB,
      REG_LOCAL_DATA: mkdtempSync(join(FOLDER, 'engine-')),
      ...settings,
    };
  }

  /** Start it, and wait until it is ready. */
  async start(): Promise<void> {
    this.process = spawn(PYTHON, ['-m', 'engine'], {
      cwd: ROOT.pathname,
      env: this.variables,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    await until(`the engine at ${this.url} is ready`, async () => {
      if (this.process?.exitCode != null) throw new Error(`the engine ended with ${this.process.exitCode}`);
      return (await fetch(`${this.url}/health/ready`).catch(() => null))?.ok ? true : null;
    });
  }

  /** End it as a power cut would. */
  async kill(): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const over = once(process, 'exit');
    process.kill('SIGKILL');
    await over;
  }
}
