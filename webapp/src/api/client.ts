/** The engine's API with its own types, which are generated from its OpenAPI document: `make schema`. */

import createClient, { type Client } from 'openapi-fetch';

import { Problem, address, request } from './http';
import type { components, paths } from './schema';

export type Shapes = components['schemas'];

let made: Client<paths> | undefined;

/** Answers that are no success are thrown as `Problem`. */
export function engine(): Client<paths> {
  made ??= createClient<paths>({
    baseUrl: address('/').replace(/\/$/, ''),
    fetch: (asked) => request(asked),
  });
  return made;
}

/** What an answer holds. */
export async function wanted<T>(answer: Promise<{ data?: T | undefined }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Problem(0, 'The engine has answered nothing.');
  return data;
}
