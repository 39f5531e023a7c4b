/** The raw of a task, and its binaries. */

import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import type { RawTask } from '../model/pictures';
import { address, getJson, request } from './http';

const KEPT_MILLISECONDS = 10_000;

/** `mark` changes when there may be more to see: then it is asked again, and what was there is shown until it comes. */
export const rawTask = (taskId: string, mark: string, enabled: boolean) =>
  queryOptions({
    queryKey: ['tasks', taskId, 'raw', mark],
    queryFn: ({ signal }) => getJson<RawTask>(`/tasks/${encodeURIComponent(taskId)}/raw`, signal),
    placeholderData: keepPreviousData,
    enabled,
    staleTime: Infinity,
    gcTime: KEPT_MILLISECONDS,
  });

/** Where a binary of a task is, whole, or as a picture of at most so many pixels a side. */
export function binaryAddress(taskId: string, binary: string, pixels?: number): string {
  const path = binary.split('/').map(encodeURIComponent).join('/');
  const query = pixels === undefined ? '' : `?thumbnail=${pixels}`;
  return address(`/tasks/${encodeURIComponent(taskId)}/binaries/${path}${query}`);
}

/**
 * The same file, for the page to show: by the engine itself. Downloads may be sent on to an object store, which lies
 * elsewhere, and this page may load nothing from there.
 */
export function shownHere(file: string): string {
  return `${file}${file.includes('?') ? '&' : '?'}redirect=false`;
}

export interface FileInfo {
  type: string;
  size: number | null;
}

/** Type and size of a file of a result, without its content. */
export const fileInfo = (path: string) =>
  queryOptions({
    queryKey: ['files', path],
    queryFn: async ({ signal }): Promise<FileInfo> => {
      const answer = await request(path, { method: 'HEAD', signal });
      await answer.text(); // there is none; but a request whose body is not read counts as broken off
      const { headers } = answer;
      const length = headers.get('content-length');
      return { type: headers.get('content-type') ?? '', size: length === null ? null : Number(length) };
    },
    staleTime: Infinity,
  });
