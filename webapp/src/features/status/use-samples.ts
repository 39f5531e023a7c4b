/** Looks at the engine while the page is open, kept for the session. */

import { useQuery } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';

import { metrics, stats } from '../../api/queries';
import { type Sample, sampleOf, withSample } from '../../model/samples';
import type { Stats } from '../../model/wire';

const KEPT = 'samples';
/** Milliseconds between two looks, as often as the numbers of tasks are asked for. */
const PERIOD = 2_000;
/** Milliseconds from the first look to the second: there is no line before that. */
const FIRST = 500;
/** Of these so many outlive a reload: the store of a tab is small. */
const MOST_KEPT = 200;

let samples: readonly Sample[] = read();
const listeners = new Set<() => void>();

function read(): readonly Sample[] {
  try {
    const text = sessionStorage.getItem(KEPT);
    return text === null ? [] : (JSON.parse(text, revived) as Sample[]);
  } catch {
    return [];
  }
}

/** JSON has no infinity, which the last bucket of a histogram ends at. */
function revived(_: string, value: unknown): unknown {
  return Array.isArray(value) && value.length === 2 && value[0] === null
    ? [Infinity, value[1] as number]
    : value;
}

function save(): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(samples.slice(-MOST_KEPT)));
  } catch {
    // A full or closed store: the charts begin anew after a reload, no more.
  }
}

function add(sample: Sample): void {
  samples = withSample(samples, sample);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface Looked {
  stats: Stats | undefined;
  samples: readonly Sample[];
  error: Error | null;
  again: () => void;
}

/** The numbers now and until now; each answer of the engine is one more sample. */
export function useSamples(): Looked {
  const refetchInterval = samples.length < 2 ? FIRST : PERIOD;
  const now = useQuery({ ...stats, refetchInterval });
  const counted = useQuery({ ...metrics, refetchInterval });
  const { data, dataUpdatedAt } = now;
  const { data: numbers } = counted;
  useEffect(() => {
    if (data && numbers && dataUpdatedAt > (samples.at(-1)?.at ?? 0))
      add(sampleOf(dataUpdatedAt, data, numbers));
  }, [data, dataUpdatedAt, numbers]);
  useEffect(() => {
    window.addEventListener('pagehide', save);
    return () => {
      save();
      window.removeEventListener('pagehide', save);
    };
  }, []);
  const all = useSyncExternalStore(subscribe, () => samples);
  return {
    stats: data,
    samples: all,
    error: now.error ?? counted.error,
    again: () => void now.refetch(),
  };
}
