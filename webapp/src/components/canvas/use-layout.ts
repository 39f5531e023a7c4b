/** The layout of a graph: at once the quick one, then the good one as soon as the worker has it. */

import ELK, { type ELK as Elk } from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { useEffect, useMemo, useState } from 'react';

import type { Graph } from '../../model/graph';
import { arrange } from '../../model/layout/arrange';
import { elkLayout } from '../../model/layout/elk';
import type { Direction, Layout, Size } from '../../model/layout/measure';
import { bestFit } from '../../model/layout/quick';
import { type Arrangement, placesOf } from '../../model/positions';

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
  /** Whether there has been a good layout since it was last asked for a new one. */
  ready: boolean;
}

/**
 * How a drawing is kept while its graph is edited: nodes stay where they are until the next layout is there, and where it
 * leads does not change. `arrangement`: places chosen by hand; `round`: another number asks for a layout from scratch.
 */
export interface Steady {
  arrangement: Arrangement | null;
  round: number;
}

/** The direction that a drawing keeps while it is edited, until another round. */
interface Kept {
  direction: Direction | null;
  round: number;
}

interface Good {
  graph: Graph;
  direction: Direction;
  layout: Layout | null;
  round: number;
}

/** All of a graph that its layout depends on. */
function shapeOf({ nodes, edges }: Graph): string {
  const parts = nodes.map(({ key, kind, parent }) => `${key} ${kind} ${parent ?? ''}`);
  return [...parts, ...edges.map(({ id, label }) => `${id} ${label}`)].join('\n');
}

/** The same graph as long as its shape is the same: typing into a field lays nothing out anew. */
function useShaped(graph: Graph): Graph {
  const shape = useMemo(() => shapeOf(graph), [graph]);
  const [kept, setKept] = useState({ graph, shape });
  if (kept.shape === shape) return kept.graph;
  setKept({ graph, shape });
  return graph;
}

/** The last layout of the worker, for whatever graph it was; it is asked when there is a window. */
function useGood(graph: Graph, direction: Direction, round: number, hasWindow: boolean): Good | null {
  const [good, setGood] = useState<Good | null>(null);
  useEffect(() => {
    let wanted = hasWindow;
    const set = (layout: Layout | null): void => {
      if (wanted) setGood({ graph, direction, layout, round });
    };
    if (wanted) {
      elkLayout(graph, elk(), direction).then(set, (error: unknown) => {
        console.warn('the layout could not be computed; the quick one stays', error);
        set(null);
      });
    }
    return () => {
      wanted = false;
    };
  }, [graph, direction, round, hasWindow]);
  return good;
}

/** The direction of a drawing that is edited: that of its places, or the one that it had first; null where it is open. */
function useFixed(steady: Steady | null): [Direction | null, (direction: Direction) => void] {
  const round = steady?.round ?? 0;
  const [kept, setKept] = useState<Kept>({ direction: null, round });
  const own = kept.round === round ? kept.direction : null;
  const keep = (direction: Direction): void => {
    if (steady && own !== direction) setKept({ direction, round });
  };
  return [steady?.arrangement?.direction ?? own, keep];
}

/** The layout for a window of this size. `settled`: the good layout is there, or there will be none. */
export function useLayout(asked: Graph, { width, height }: Size, steady: Steady | null): Drawn {
  const graph = useShaped(asked);
  const round = steady?.round ?? 0;
  const [fixed, keep] = useFixed(steady);
  const quick = useMemo(
    () => (fixed ? null : bestFit(graph, { width: width || 1, height: height || 1 })),
    [fixed, graph, width, height],
  );
  const direction = fixed ?? quick?.direction ?? 'right';
  const good = useGood(graph, direction, round, width > 0);
  const ready = good?.round === round;
  if (ready && good.layout) keep(direction);
  const isEdited = steady !== null;
  const arrangement = steady?.arrangement ?? null;
  return useMemo(() => {
    const own = ready && good.graph === graph && good.direction === direction ? good : null;
    const last = isEdited ? good : null;
    const layout = chosen(graph, direction, arrangement, { own, last, quick: quick?.layout });
    return { direction, layout, settled: own !== null, ready };
  }, [graph, direction, arrangement, good, ready, quick, isEdited]);
}

/** The layout that is drawn now: by hand, the good one, or until that is there the last one with what is new in it. */
function chosen(
  graph: Graph,
  direction: Direction,
  arrangement: Arrangement | null,
  { own, last, quick }: { own: Good | null; last: Good | null; quick: Layout | undefined },
): Layout {
  if (arrangement) return arrange(graph, direction, arrangement.places, own?.layout ?? last?.layout ?? null);
  if (own?.layout) return own.layout;
  if (last?.layout && last.direction === direction) {
    return arrange(graph, direction, placesOf(last.graph, last.layout), last.layout);
  }
  return quick ?? bestFit(graph, { width: 1, height: 1 }).layout;
}
