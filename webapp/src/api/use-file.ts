/** Files of tasks for elements that cannot send headers, as `<img>` and `<a download>`. */

import { useEffect, useState, useSyncExternalStore } from 'react';

import { request, sameOrigin } from './http';
import { apiKey, onKey } from './key';

export interface FileSource {
  /** What `src` or `href` takes; null while it is fetched. */
  src: string | null;
  error: Error | null;
}

/** The key, also after it has changed. */
export function useApiKey(): string {
  return useSyncExternalStore(onKey, apiKey);
}

/**
 * A file of the engine. Without a key it is its own address, which the browser fetches as it needs it; with one it is
 * fetched here and held as an object of this page as long as it is shown.
 */
export function useFile(url: string): FileSource {
  const key = useApiKey();
  const address = sameOrigin(url);
  const [held, setHeld] = useState<FileSource & { of: string }>();
  const of = `${key} ${address}`;
  useEffect(() => {
    if (key === '') return undefined;
    const control = new AbortController();
    let made: string | undefined;
    const fetched = async (): Promise<void> => {
      const blob = await (await request(address, { signal: control.signal })).blob();
      if (control.signal.aborted) return;
      made = URL.createObjectURL(blob);
      setHeld({ of, src: made, error: null });
    };
    fetched().catch((error: unknown) => {
      if (!control.signal.aborted) setHeld({ of, src: null, error: error as Error });
    });
    return () => {
      control.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [key, address, of]);
  if (key === '') return { src: address, error: null };
  return held?.of === of ? { src: held.src, error: held.error } : { src: null, error: null };
}
