import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { listen, parseEvents } from '../../src/api/events';
import type { TaskEvent } from '../../src/model/wire';

const line = (id: string, state: string, kind = 'node'): string =>
  `id: ${id}\r\nevent: ${kind}\r\ndata: {"task":"t","route":"r","at":"","node":null,"state":"${state}"}\r\n\r\n`;

describe('events in a text', () => {
  it('are read as far as they are whole', () => {
    const { events, rest } = parseEvents(`${line('1-1', 'running')}: ping\r\n\r\nid: 1-2\r\nev`);
    expect(events).toEqual([
      { kind: 'node', id: '1-1', task: 't', route: 'r', at: '', node: null, state: 'running' },
    ]);
    expect(rest).toBe('id: 1-2\r\nev');
  });
});

describe('listening', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('goes on after the last event when the stream breaks, and ends with the task', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (asked.length === 1) {
        response.write(line('1-1', 'running', 'task') + line('1-2', 'running').slice(0, 40));
        setTimeout(() => response.destroy(), 50);
      } else {
        response.end(line('1-2', 'finished', 'task'));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    vi.stubGlobal('document', { baseURI: `http://127.0.0.1:${port}/` });
    const heard: TaskEvent[] = [];
    const there: boolean[] = [];
    await new Promise<void>((resolve) => {
      listen('t', {
        event: (event) => {
          heard.push(event);
          if (event.state === 'finished') resolve();
        },
        connected: (connected) => there.push(connected),
      });
    });
    expect(heard.map((event) => event.id)).toEqual(['1-1', '1-2']);
    expect(asked).toEqual([undefined, '1-1']);
    expect(there).toEqual([true, false, true]);
    await new Promise((resolve) => server.close(resolve));
  });
});
