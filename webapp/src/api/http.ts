/** Requests to the engine that serves this page, and its errors (RFC 9457). */

import type { Json } from '../model/definition';
import { apiKey, authorization, isRefused, setRefused } from './key';

export interface ProblemError {
  pointer?: string;
  detail: string;
}

/** The engine has refused a request, or could not be reached (`status` 0). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors: ProblemError[] = [],
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

/** Where the engine's routes begin: beside this page, whatever the prefix of a proxy. */
export function address(path: string): string {
  return new URL(`.${path}`, document.baseURI).toString();
}

/** The same file through this page's own address: what the engine calls itself may be unknown to the browser. */
export function sameOrigin(url: string): string {
  const at = url.indexOf('/tasks/');
  return at < 0 ? url : address(url.slice(at));
}

/** A session is begun with a key that is only tried: asked for also while another one is wanted, and telling nothing. */
export const SESSION = '/session';

/**
 * Ask the engine: a path of its own, or a whole address. Whatever it answers is given; where it wants a key, that is told,
 * and until there is one it is not asked again. Throws `Problem` where it cannot be reached.
 */
export async function ask(what: string | Request, init: RequestInit = {}): Promise<Response> {
  const known = what instanceof Request ? what : init;
  if (isRefused() && what !== SESSION) throw new Problem(401, 'The engine asks for a key.');
  const key = apiKey();
  try {
    const answer = await fetch(placeOf(what), { ...init, headers: withKey(known.headers) });
    // An answer to an older key says nothing of the one that was given since.
    if (answer.status === 401 && what !== SESSION && key === apiKey()) setRefused(true);
    return answer;
  } catch (error) {
    if (known.signal?.aborted) throw error;
    throw new Problem(0, 'The engine cannot be reached.');
  }
}

/** A path of the engine as a whole address; everything else as it is. */
function placeOf(what: string | Request): string | Request {
  return typeof what === 'string' && what.startsWith('/') ? address(what) : what;
}

/** The headers with the key, unless they bear one already. */
function withKey(given: HeadersInit | undefined): Headers {
  const headers = new Headers(given);
  for (const [name, value] of Object.entries(authorization())) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return headers;
}

/** Ask the engine; what is no success is thrown as `Problem`. */
export async function request(what: string | Request, init: RequestInit = {}): Promise<Response> {
  const answer = await ask(what, init);
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** What an answer that is none of 2xx says. */
export async function problemOf(answer: Response): Promise<Problem> {
  try {
    const body = (await answer.json()) as { detail?: string; title?: string; errors?: ProblemError[] };
    return new Problem(answer.status, body.detail ?? body.title ?? answer.statusText, body.errors ?? []);
  } catch {
    return new Problem(answer.status, answer.statusText || `HTTP ${answer.status}`);
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await request(path, signal ? { signal } : {});
  return (await answer.json()) as T;
}

export async function sendJson<T>(
  path: string,
  method: 'POST' | 'PUT' | 'DELETE',
  body?: Json,
  more: Record<string, string> = {},
): Promise<T> {
  const init: RequestInit =
    body === undefined
      ? { method, headers: more }
      : { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...more } };
  return (await (await request(path, init)).json()) as T;
}
