/** The layout of a graph: at once the quick one, then the good one as soon as the worker has it. */

import ELK, { type ELK as Elk } from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { useEffect, useMemo, useState } from 'react';

import type { Graph } from '../../model/graph';
import { elkLayout } from '../../model/layout/elk';
import type { Direction, Layout } from '../../model/layout/measure';
import { bestFit } from '../../model/layout/quick';

let shared: Elk | null = null;

/** One worker for the life of the page; it is loaded when the first graph is drawn. */
function elk(): Elk {
  shared ??= new ELK({ workerUrl, workerFactory: (url) => new Worker(url ?? workerUrl) });
  return shared;
}

export interface Drawn {
  direction: Direction;
  layout: Layout;
  settled: boolean;
}

/** The layout for a window of this size. `settled`: the good layout is there, or there will be none. */
export function useLayout(graph: Graph, width: number, height: number): Drawn {
  const quick = useMemo(() => bestFit(graph, { width, height }), [graph, width, height]);
  const { direction } = quick;
  const [good, setGood] = useState<
    (Omit<Drawn, 'layout' | 'settled'> & { graph: Graph; layout: Layout | null }) | null
  >(null);
  useEffect(() => {
    let wanted = true;
    const set = (layout: Layout | null): void => {
      if (wanted) setGood({ graph, direction, layout });
    };
    elkLayout(graph, elk(), direction).then(set, (error: unknown) => {
      console.warn('the layout could not be computed; the quick one stays', error);
      set(null);
    });
    return () => {
      wanted = false;
    };
  }, [graph, direction]);
  const own = good?.graph === graph && good.direction === direction ? good : null;
  return useMemo(
    () => ({ direction, layout: own?.layout ?? quick.layout, settled: own !== null }),
    [direction, own, quick],
  );
}
