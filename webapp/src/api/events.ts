/**
 * Server-Sent Events by `fetch`, which, unlike `EventSource`, tells why a stream was refused. A stream that breaks is
 * taken up again after its last event, after growing pauses, until its task has ended or nobody listens.
 */

import { address } from './http';
import type { TaskEvent } from '../model/wire';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** What is told of a stream: its events, and whether it is there at the moment. */
export interface Listener {
  event: (event: TaskEvent) => void;
  connected: (there: boolean) => void;
}

/** The events that a text holds, and what is left of it: the beginning of one that is not whole yet. */
export function parseEvents(text: string): { events: TaskEvent[]; rest: string } {
  const blocks = text.split(/\r?\n\r?\n/);
  const rest = blocks.pop() ?? '';
  const events: TaskEvent[] = [];
  for (const block of blocks) {
    const fields = new Map<string, string>();
    for (const line of block.split(/\r?\n/)) {
      const at = line.indexOf(':');
      if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ''));
    }
    const data = fields.get('data');
    if (data === undefined) continue; // a sign of life
    const event = JSON.parse(data) as Omit<TaskEvent, 'kind' | 'id'>;
    events.push({
      ...event,
      kind: (fields.get('event') ?? 'node') as TaskEvent['kind'],
      id: fields.get('id') ?? '',
    });
  }
  return { events, rest };
}

/** Listen to a task until it has ended; returns what ends listening. */
export function listen(taskId: string, listener: Listener): () => void {
  const control = new AbortController();
  void follow(`/tasks/${encodeURIComponent(taskId)}/events`, taskId, listener, control.signal);
  return () => {
    control.abort();
  };
}

async function follow(path: string, taskId: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let last = '';
  let pause = FIRST_PAUSE;
  const take = (event: TaskEvent): boolean => {
    pause = FIRST_PAUSE;
    last = event.id;
    listener.event(event);
    return event.kind === 'task' && event.task === taskId && event.state !== 'running';
  };
  for (;;) {
    const over = await once(path, last, take, listener, signal).catch(() => false); // the connection broke
    if (over || signal.aborted) return;
    listener.connected(false);
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Read one stream to its end; true where there is nothing more to come. */
async function once(
  path: string,
  last: string,
  take: (event: TaskEvent) => boolean,
  listener: Listener,
  signal: AbortSignal,
): Promise<boolean> {
  const headers: Record<string, string> = last ? { 'Last-Event-ID': last } : {};
  const answer = await fetch(address(path), { headers, signal });
  if (answer.status === 404) return true;
  if (!answer.ok || !answer.body) return false;
  listener.connected(true);
  let over = false;
  for await (const event of read(answer.body)) over = take(event) || over;
  return over;
}

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<TaskEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { events, rest } = parseEvents(text + value);
    text = rest;
    yield* events;
  }
}
