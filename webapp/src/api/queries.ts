/** What the page asks the engine, with how long an answer is good. */

import { queryOptions } from '@tanstack/react-query';

import type { JsonObject } from '../model/definition';
import { Problem, getJson, request, sendJson } from './http';
import type { Ready, Service, Stats, Status, TaskPage, Version } from '../model/wire';

const SERVICES_SECONDS = 5;
const RUNNING_SECONDS = 2;

const inSeconds = (seconds: number): number => seconds * 1_000;
const part = (text: string): string => encodeURIComponent(text);

export const services = queryOptions({
  queryKey: ['services'],
  queryFn: ({ signal }) => getJson<Service[]>('/services', signal),
  refetchInterval: inSeconds(SERVICES_SECONDS),
});

export const service = (route: string) =>
  queryOptions({
    queryKey: ['services', route],
    queryFn: ({ signal }) => getJson<Service>(`/services/${part(route)}`, signal),
    refetchInterval: inSeconds(SERVICES_SECONDS),
  });

export const versions = (route: string) =>
  queryOptions({
    queryKey: ['services', route, 'versions'],
    queryFn: ({ signal }) => getJson<Version[]>(`/services/${part(route)}/versions`, signal),
  });

export const status = (taskId: string) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'status'],
    queryFn: ({ signal }) => getJson<Status>(`/tasks/${part(taskId)}/status`, signal),
    refetchInterval: (query) =>
      query.state.data && query.state.data.status !== 'running' ? false : inSeconds(RUNNING_SECONDS),
  });

export const result = (taskId: string, finished: boolean) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'result'],
    queryFn: ({ signal }) => getJson<JsonObject>(`/tasks/${part(taskId)}`, signal),
    enabled: finished,
    staleTime: Infinity,
  });

export interface TaskFilter {
  route?: string | undefined;
  status?: string | undefined;
  cursor?: string | undefined;
}

export const tasks = (filter: TaskFilter) =>
  queryOptions({
    queryKey: ['tasks', 'page', filter],
    queryFn: ({ signal }) => {
      const search = new URLSearchParams({ limit: '50' });
      for (const [name, value] of Object.entries(filter)) if (value) search.set(name, value as string);
      return getJson<TaskPage>(`/tasks?${search.toString()}`, signal);
    },
    refetchInterval: inSeconds(RUNNING_SECONDS),
  });

export const stats = queryOptions({
  queryKey: ['stats'],
  queryFn: ({ signal }) => getJson<Stats>('/stats', signal),
  refetchInterval: inSeconds(RUNNING_SECONDS),
});

export const ready = queryOptions({
  queryKey: ['ready'],
  queryFn: async ({ signal }): Promise<Ready> => {
    try {
      return await getJson<Ready>('/health/ready', signal);
    } catch (error) {
      if (error instanceof Problem) return { status: 'away', detail: error.message };
      throw error;
    }
  },
  refetchInterval: inSeconds(RUNNING_SECONDS),
});

/** Submit a task; gives its id. */
export async function submit(route: string, body: FormData | JsonObject): Promise<string> {
  const path = `/services/${part(route)}`;
  if (!(body instanceof FormData)) return (await sendJson<{ jobId: string }>(path, 'POST', body)).jobId;
  const answer = await request(path, { method: 'POST', body });
  return ((await answer.json()) as { jobId: string }).jobId;
}

export const cancel = (taskId: string): Promise<unknown> => sendJson(`/tasks/${part(taskId)}/cancel`, 'POST');

export const retry = (taskId: string): Promise<unknown> => sendJson(`/tasks/${part(taskId)}/retry`, 'POST');

/** What is stored under a route, and the tag of that state; null where the engine gives none. Asked anew each time. */
export async function stored(route: string): Promise<{ service: Service; tag: string | null }> {
  const answer = await request(`/services/${part(route)}`, { cache: 'no-store' });
  return { service: (await answer.json()) as Service, tag: answer.headers.get('ETag') };
}

/** Let the engine check a definition without storing it. Throws a `Problem` with every fault. */
export const check = (definition: JsonObject): Promise<unknown> =>
  sendJson('/services?dry_run=true', 'POST', definition);

/**
 * Store a pipeline: a new one, or with `route` a new version of that one. With `tag` only over the state that has this
 * tag: a `Problem` with status 412 says that there is another one.
 */
export const store = (definition: JsonObject, route?: string, tag?: string | null): Promise<unknown> =>
  route === undefined
    ? sendJson('/services', 'POST', definition)
    : sendJson(`/services/${part(route)}`, 'PUT', definition, tag ? { 'If-Match': tag } : {});
