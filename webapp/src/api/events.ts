/**
 * Server-Sent Events by `fetch`, which, unlike `EventSource`, tells why a stream was refused. A stream that breaks is
 * taken up again after its last event, after growing pauses, until its task has ended or nobody listens.
 */

import { ask } from './http';
import type { TaskEvent } from '../model/wire';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** The engine gives a sign of life every 15 seconds: a stream that is silent for so long is dead. */
const SILENCE = 40_000;

/** What is told of a stream: its events, and whether it is there at the moment. */
export interface Listener {
  event: (event: TaskEvent) => void;
  connected: (there: boolean) => void;
  /** The task has ended, or there is none: nothing more will be told. */
  ended?: () => void;
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

/** Listen to a task until it has ended, after the event with the id `after`; returns what ends listening. */
export function listen(taskId: string, listener: Listener, after = ''): () => void {
  const control = new AbortController();
  void follow(`/tasks/${encodeURIComponent(taskId)}/events`, taskId, listener, control.signal, after);
  return () => {
    control.abort();
  };
}

async function follow(
  path: string,
  taskId: string,
  listener: Listener,
  signal: AbortSignal,
  after: string,
): Promise<void> {
  let last = after;
  let pause = FIRST_PAUSE;
  const task = { ended: false };
  const take = (event: TaskEvent): void => {
    pause = FIRST_PAUSE;
    last = event.id;
    // A task that has failed may have been taken up again: its stream goes on after its end.
    if (event.kind === 'task' && event.task === taskId) task.ended = event.state !== 'running';
    listener.event(event);
  };
  for (;;) {
    const there = await once(path, last, take, listener, signal).catch(() => true); // the connection broke
    if (signal.aborted) return;
    if (task.ended || !there) {
      listener.ended?.();
      return;
    }
    listener.connected(false);
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Read one stream to its end; false where there is no such task. */
async function once(
  path: string,
  last: string,
  take: (event: TaskEvent) => void,
  listener: Listener,
  signal: AbortSignal,
): Promise<boolean> {
  const headers: Record<string, string> = last ? { 'Last-Event-ID': last } : {};
  const answer = await ask(path, { headers, signal });
  if (answer.status === 404) return false;
  if (!answer.ok || !answer.body) return true;
  listener.connected(true);
  for await (const event of read(answer.body)) take(event);
  return true;
}

async function* read(body: ReadableStream<Uint8Array>): AsyncGenerator<TaskEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let text = '';
  for (;;) {
    const silent = setTimeout(() => void reader.cancel(), SILENCE);
    const { done, value } = await reader.read().finally(() => {
      clearTimeout(silent);
    });
    if (done) return;
    const { events, rest } = parseEvents(text + value);
    text = rest;
    yield* events;
  }
}
