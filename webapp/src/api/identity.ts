/** Who this page is to the engine: what its key is called, whom it belongs to, what it allows; and the keys of all. */

import { queryOptions } from '@tanstack/react-query';

import { type Shapes, engine, wanted } from './client';
import { Problem, SESSION, getJson, request, sendJson } from './http';
import { apiKey, setApiKey } from './key';

export type Identity = Shapes['Identity'];
export type Key = Shapes['Key'];
export type Scope = Identity['scopes'][number];

/** From the least to the most that they allow; `service` is for programs that announce operations. */
export const SCOPES: readonly Scope[] = ['read', 'submit', 'author', 'admin', 'service'];

const HOUR = 3_600_000;
const TOO_LARGE = 413;

/**
 * Begin a session with a key: a cookie with which pictures, downloads and the documentation can be had, which bear no
 * header. Gives who that is. Throws `Problem` with status 401 where the engine does not know the key.
 */
export async function beginSession(key: string): Promise<Identity> {
  const init = { method: 'POST', headers: { Authorization: `Bearer ${key}` } };
  return (await (await request(SESSION, init)).json()) as Identity;
}

/** End the session, and forget the key. */
export async function signOut(): Promise<void> {
  await request(SESSION, { method: 'DELETE' });
  setApiKey('', false);
}

/** The cookie lasts for half a day: it is made anew before that. */
export const identity = queryOptions({
  queryKey: ['identity'],
  queryFn: async ({ signal }): Promise<Identity> => {
    const key = apiKey();
    if (!key) return await getJson<Identity>('/identity', signal);
    try {
      return await beginSession(key);
    } catch (error) {
      // A token may be too long for a cookie, and a key be refused: that is told by the usual way.
      if (!(error instanceof Problem) || ![401, TOO_LARGE].includes(error.status)) throw error;
      return await getJson<Identity>('/identity', signal);
    }
  },
  staleTime: HOUR,
  refetchInterval: HOUR,
});

export const keys = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }): Promise<Key[]> => (await wanted(engine().GET('/keys', { signal }))).keys,
});

export interface Wish {
  name: string;
  owner: string;
  scopes: Scope[];
  /** A moment; null: it does not expire. */
  expires: string | null;
}

/** Make a key; gives what is to be sent, which is told this once. */
export async function makeKey(wish: Wish): Promise<string> {
  return (await sendJson<{ key: string }>('/keys', 'POST', { ...wish })).key;
}

export const revokeKey = (id: string): Promise<Key> =>
  wanted(engine().DELETE('/keys/{key_id}', { params: { path: { key_id: id } } }));
