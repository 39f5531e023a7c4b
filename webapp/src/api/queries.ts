/** What the page asks the engine, with how long an answer is good. */

import { queryOptions } from '@tanstack/react-query';

import type { JsonObject } from '../model/definition';
import { type Metric, parseMetrics } from '../model/metrics';
import type { Ready, Service, Stats, Status, TaskPage, Version } from '../model/wire';
import { type Shapes, engine, wanted } from './client';
import type { paths } from './schema';
import { Problem, ask, request, sendJson } from './http';

const SERVICES_SECONDS = 5;
const RUNNING_SECONDS = 2;

const inSeconds = (seconds: number): number => seconds * 1_000;
const part = (text: string): string => encodeURIComponent(text);
const taskPath = (taskId: string) => ({ path: { task_id: taskId } });

export const services = queryOptions({
  queryKey: ['services'],
  queryFn: async ({ signal }) => (await wanted(engine().GET('/services', { signal }))) as Service[],
  refetchInterval: inSeconds(SERVICES_SECONDS),
});

export const service = (route: string) =>
  queryOptions({
    queryKey: ['services', route],
    queryFn: async ({ signal }) =>
      (await wanted(engine().GET('/services/{route}', { params: { path: { route } }, signal }))) as Service,
    refetchInterval: inSeconds(SERVICES_SECONDS),
  });

export const versions = (route: string) =>
  queryOptions({
    queryKey: ['services', route, 'versions'],
    queryFn: async ({ signal }) =>
      (await wanted(
        engine().GET('/services/{route}/versions', { params: { path: { route } }, signal }),
      )) as Version[],
  });

export const status = (taskId: string) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'status'],
    queryFn: async ({ signal }) =>
      wanted<Status>(engine().GET('/tasks/{task_id}/status', { params: taskPath(taskId), signal })),
    refetchInterval: (query) =>
      query.state.data && query.state.data.status !== 'running' ? false : inSeconds(RUNNING_SECONDS),
  });

export const result = (taskId: string, finished: boolean) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'result'],
    queryFn: async ({ signal }) =>
      (await wanted(engine().GET('/tasks/{task_id}', { params: taskPath(taskId), signal }))) as JsonObject,
    enabled: finished,
    staleTime: Infinity,
  });

type Chosen = NonNullable<paths['/tasks']['get']['parameters']['query']>;

export interface TaskFilter {
  route?: string | undefined;
  status?: string | undefined;
  cursor?: string | undefined;
}

export const tasks = (filter: TaskFilter) =>
  queryOptions({
    queryKey: ['tasks', 'page', filter],
    queryFn: async ({ signal }): Promise<TaskPage> => {
      const chosen = Object.fromEntries(Object.entries(filter).filter((each) => each[1])) as Chosen;
      return wanted(engine().GET('/tasks', { params: { query: { limit: 50, ...chosen } }, signal }));
    },
    refetchInterval: inSeconds(RUNNING_SECONDS),
  });

export const stats = queryOptions({
  queryKey: ['stats'],
  queryFn: ({ signal }): Promise<Stats> => wanted(engine().GET('/stats', { signal })),
  refetchInterval: inSeconds(RUNNING_SECONDS),
});

export const ready = queryOptions({
  queryKey: ['ready'],
  // What is away is told with 503, in the same shape.
  queryFn: async ({ signal }): Promise<Ready> =>
    (await ask('/health/ready', { signal })).json() as Promise<Ready>,
  refetchInterval: inSeconds(RUNNING_SECONDS),
});

/** What the engine that answers has counted, for Prometheus. */
export const metrics = queryOptions({
  queryKey: ['metrics'],
  queryFn: async ({ signal }): Promise<Metric[]> =>
    parseMetrics(await (await request('/metrics', { signal })).text()),
  refetchInterval: inSeconds(SERVICES_SECONDS),
});

/** Submit a task; gives its id. */
export async function submit(route: string, body: FormData | JsonObject): Promise<string> {
  const path = `/services/${part(route)}`;
  if (!(body instanceof FormData)) return (await sendJson<{ jobId: string }>(path, 'POST', body)).jobId;
  const answer = await request(path, { method: 'POST', body });
  return ((await answer.json()) as { jobId: string }).jobId;
}

export const cancel = (taskId: string): Promise<Shapes['Status']> =>
  wanted(engine().POST('/tasks/{task_id}/cancel', { params: taskPath(taskId) }));

export const retry = (taskId: string): Promise<unknown> =>
  wanted(engine().POST('/tasks/{task_id}/retry', { params: taskPath(taskId) }));

/** What is stored under a route, and the tag of that state; null where the engine gives none. Asked anew each time. */
export async function stored(route: string): Promise<{ service: Service; tag: string | null }> {
  const { data, response } = await engine().GET('/services/{route}', {
    params: { path: { route } },
    cache: 'no-store',
  });
  return { service: data as Service, tag: response.headers.get('ETag') };
}

/** A definition may hold any mistake: the engine finds it. */
const asPipeline = (definition: JsonObject) =>
  definition as unknown as { type: 'pipeline'; nodes: { id: string }[] };

/**
 * Let the engine check a definition without storing it. Throws a `Problem` with every fault. Asked for a report, which
 * comes with 200: a browser writes every other answer down as an error, also while somebody has not finished.
 */
export async function check(definition: JsonObject): Promise<true> {
  const asked = { params: { query: { dry_run: 'report' as const } }, body: asPipeline(definition) };
  const { ok, faults } = (await wanted(engine().POST('/services', asked))) as Shapes['Checked'];
  if (!ok)
    throw new Problem(
      422,
      `The definition has ${faults.length} fault${faults.length > 1 ? 's' : ''}.`,
      faults,
    );
  return true;
}

/**
 * Store a pipeline: a new one, or with `route` a new version of that one. With `tag` only over the state that has this
 * tag: a `Problem` with status 412 says that there is another one.
 */
export const store = (definition: JsonObject, route?: string, tag?: string | null): Promise<unknown> =>
  route === undefined
    ? wanted(engine().POST('/services', { body: asPipeline(definition) }))
    : wanted(
        engine().PUT('/services/{route}', {
          params: { path: { route } },
          body: asPipeline(definition),
          headers: tag ? { 'If-Match': tag } : {},
        }),
      );
