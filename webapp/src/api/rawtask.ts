/** What the page asks of a task when somebody looks for mistakes, and how it is run again. */

import { queryOptions } from '@tanstack/react-query';

import type { Definition, Json, JsonObject } from '../model/definition';
import { type RawNode, type RawTask, readRaw } from '../model/rawtask';
import { getJson, request, sendJson } from './http';

/** How much of a task is read: more would stop the page. What is not is told node by node. */
const MOST_CHARACTERS = 12_000_000;

const LOOK_EVERY = 1_500;

/** A large document is not asked for all the time: at most a tenth of it. */
const PATIENCE = 10;

const part = (text: string): string => encodeURIComponent(text);

interface Read {
  task: RawTask;
  /** How long it took, in milliseconds. */
  took: number;
}

async function readWhole(taskId: string, signal: AbortSignal): Promise<Read> {
  const began = performance.now();
  const answer = await request(`/tasks/${part(taskId)}/raw`, { signal });
  const reader = answer.body
    ?.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    .getReader();
  let text = '';
  let whole = true;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    whole = text.length <= MOST_CHARACTERS;
    if (whole) continue;
    await reader.cancel();
    break;
  }
  return { task: readRaw(text, whole), took: performance.now() - began };
}

export const rawTask = (taskId: string) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'raw'],
    queryFn: ({ signal }) => readWhole(taskId, signal),
    refetchInterval: (query) => {
      const read = query.state.data;
      if (read && read.task.status !== 'running') return false;
      return Math.max(LOOK_EVERY, PATIENCE * (read?.took ?? 0));
    },
    select: (read) => read.task,
    enabled: taskId !== '',
  });

export interface TaskDefinition extends Definition {
  /** The version of the route; 0 where the task was given a definition of its own. */
  version: number;
}

export const taskDefinition = (taskId: string) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'definition'],
    queryFn: ({ signal }) => getJson<TaskDefinition>(`/tasks/${part(taskId)}/definition`, signal),
    staleTime: Infinity,
    enabled: taskId !== '',
  });

/** One instance, alone; where the whole task was too large to be read. */
export const taskNode = (taskId: string, instance: string, enabled: boolean) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'nodes', instance],
    queryFn: ({ signal }) => getJson<RawNode>(`/tasks/${part(taskId)}/nodes/${part(instance)}`, signal),
    enabled,
  });

/** Run a task again from a node; gives the id of the new task. */
export async function runAgain(
  taskId: string,
  from: string,
  changes: { definition?: Definition; input?: JsonObject },
): Promise<string> {
  const body: JsonObject = {};
  if (changes.definition) body['definition'] = bare(changes.definition);
  if (changes.input) body['input'] = changes.input;
  const path = `/tasks/${part(taskId)}/retry?from=${part(from)}`;
  return (await sendJson<{ jobId: string }>(path, 'POST', body)).jobId;
}

/** Without what an answer bears beside the definition. */
export function bare(definition: Definition): JsonObject {
  return { type: 'pipeline', nodes: definition.nodes satisfies Json[] };
}
