/** A service whose calls end when a test says so: an HTTP server that acknowledges, and calls back on demand. */

import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { JsonObject } from '../../src/model/definition';
import { until } from './until';

interface Call {
  path: string;
  callback: string;
}

export class Gate {
  private readonly server: Server;
  private readonly calls: Call[] = [];

  constructor() {
    this.server = createServer((request, answer) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://gate');
      request.resume().on('end', () => {
        const callback = new URL(searchParams.get('callback_url') ?? 'http://nowhere');
        callback.searchParams.set('task_id', searchParams.get('task_id') ?? '');
        this.calls.push({ path: pathname, callback: callback.toString() });
        answer.end();
      });
    });
  }

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** The URL of an operation, whatever its name. */
  url(operation: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${operation}`;
  }

  /** Wait for a call of an operation, which is not answered yet. */
  async called(operation: string): Promise<void> {
    await until(
      `a call of ${operation}`,
      () => this.calls.find(({ path }) => path === `/${operation}`) ?? null,
    );
  }

  /** Wait for the oldest call of an operation, and end it with this result. */
  async release(operation: string, result: JsonObject = {}): Promise<void> {
    await this.called(operation);
    const at = this.calls.findIndex(({ path }) => path === `/${operation}`);
    const [call] = this.calls.splice(at, 1);
    await until('the engine has taken the callback', async () => {
      const answer = await fetch(call?.callback ?? '', {
        method: 'POST',
        body: JSON.stringify(result),
        headers: { 'Content-Type': 'application/json' },
      }).catch(() => null);
      return answer?.ok ? true : null;
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
