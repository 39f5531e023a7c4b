/** The key for the engine, and what it allows, in a component. */

import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';

import { type Scope, identity } from './identity';
import { apiKey, isRefused, onKey, onRefused } from './key';

/** The key, also after it has changed. */
export function useApiKey(): string {
  return useSyncExternalStore(onKey, apiKey);
}

/** Whether the engine asks for a key, or for another one. */
export function useRefused(): boolean {
  return useSyncExternalStore(onRefused, isRefused);
}

/** Why something that needs a scope cannot be done, in words; null where it can be, or that is not known. */
export function useDenied(scope: Scope): string | null {
  const { t } = useTranslation();
  const { data } = useQuery(identity);
  return !data || data.scopes.includes(scope) ? null : t('keys.denied', { scope });
}
