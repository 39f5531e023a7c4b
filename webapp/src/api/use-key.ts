/** The key for the engine, in a component. */

import { useSyncExternalStore } from 'react';

import { apiKey, onKey } from './key';

/** The key, also after it has changed. */
export function useApiKey(): string {
  return useSyncExternalStore(onKey, apiKey);
}
