/** Drafts in a component: of what is edited, and all of them. */

import { useEffect, useState, useSyncExternalStore } from 'react';

import { type Box, type Draft, isDraftKey } from '../../model/drafts';
import { type Edited, Keeper, type Keeping } from './keeper';

const TAB = 'tab';

/** The browser's store; null where it is closed to this page. */
export function draftBox(): Box | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/** An id that begins with a letter, so that an address never takes it for a number. `randomUUID` needs HTTPS. */
export function newDraftId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `d${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

let unnamed: string | undefined;

/** The name of this tab, which stays over a reload. */
function tabName(): string {
  try {
    const name = sessionStorage.getItem(TAB) ?? newDraftId();
    sessionStorage.setItem(TAB, name);
    return name;
  } catch {
    return (unnamed ??= newDraftId());
  }
}

export interface DraftHold extends Keeping {
  /** What to begin with in place of what is stored: the draft that the address names, or that this tab left. */
  begin: Draft | null;
  keep: (definition: Draft['definition']) => void;
  flush: () => void;
  /** Call it after saving. */
  finished: () => void;
  takeUp: (draft: Draft) => void;
  anew: () => void;
  throwAway: (draft: Draft) => void;
}

/** Keep what is edited. Give the component a `key` of the route: it serves one route from beginning to end. */
export function useDraft(edited: Edited): DraftHold {
  const [keeper] = useState(() => new Keeper(draftBox(), tabName(), newDraftId, edited));
  const state = useSyncExternalStore(keeper.subscribe, keeper.state);
  const { route, base, stored } = edited;
  useEffect(() => {
    keeper.tellStored({ route, base, stored });
  }, [keeper, route, base, stored]);
  useEffect(() => {
    const look = (event: StorageEvent): void => {
      if (isDraftKey(event.key)) keeper.look();
    };
    window.addEventListener('storage', look);
    window.addEventListener('pagehide', keeper.flush);
    document.addEventListener('visibilitychange', keeper.flush);
    return () => {
      keeper.flush();
      window.removeEventListener('storage', look);
      window.removeEventListener('pagehide', keeper.flush);
      document.removeEventListener('visibilitychange', keeper.flush);
    };
  }, [keeper]);
  const { begin, keep, flush, finished, takeUp, anew, throwAway } = keeper;
  return { ...state, begin, keep, flush, finished, takeUp, anew, throwAway };
}
