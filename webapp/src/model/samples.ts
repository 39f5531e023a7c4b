/** The engine's numbers over time, as far as a page has looked at them. */

import { type Buckets, type Metric, histograms, quantile, since, sum } from './metrics';
import type { Stats } from './wire';

/** One look. `ended`, `failed`: what the engine has counted since it started, in all. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  running: number;
  finished: number;
  failed: number;
  /** How long the tasks of each route took, in seconds. */
  seconds: [route: string, buckets: Buckets][];
}

/** Looks that are kept: half an hour of one every two seconds. */
export const MOST_SAMPLES = 900;

/** Beyond so many milliseconds without a look nothing is known of what was between. */
const GAP = 15_000;

/** Milliseconds over which latency is told: what ended in the last minute. */
export const WINDOW = 60_000;

export function sampleOf(at: number, stats: Stats, metrics: Metric[]): Sample {
  const ended = (status: string): number => sum(metrics, 'engine_tasks_ended_total', { status });
  return {
    at,
    running: stats.jobs.running,
    finished: ended('finished'),
    failed: ended('error'),
    seconds: [...histograms(metrics, 'engine_task_seconds', 'route')],
  };
}

/** The looks with one more, without the oldest beyond those that are kept. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples, sample].slice(-MOST_SAMPLES);
}

/** Lines of a chart over the same moments, in seconds since 1970. null: nothing is known. */
export interface Lines {
  at: number[];
  values: (number | null)[][];
}

type Value = (sample: Sample, before: Sample | undefined, index: number) => number | null;

/** Lines through all samples; where there is a gap, a moment of which nothing is known. */
function lines(samples: readonly Sample[], ...of: Value[]): Lines {
  const found: Lines = { at: [], values: of.map(() => []) };
  samples.forEach((sample, index) => {
    const previous = samples[index - 1];
    const gap = previous !== undefined && sample.at - previous.at > GAP;
    if (gap) {
      found.at.push((previous.at + 1) / 1_000);
      for (const each of found.values) each.push(null);
    }
    found.at.push(sample.at / 1_000);
    of.forEach((value, line) => found.values[line]?.push(value(sample, gap ? undefined : previous, index)));
  });
  return found;
}

export function runningLine(samples: readonly Sample[]): Lines {
  return lines(samples, (sample) => sample.running);
}

/** Tasks that ended in a second: finished, failed. null where the engine began to count anew. */
export function endedLines(samples: readonly Sample[]): Lines {
  const rate =
    (of: (sample: Sample) => number): Value =>
    (sample, before) => {
      const more = before ? of(sample) - of(before) : -1;
      return before && more >= 0 && sample.at > before.at ? (more * 1_000) / (sample.at - before.at) : null;
    };
  return lines(
    samples,
    rate((each) => each.finished),
    rate((each) => each.failed),
  );
}

/** The median and the 95th percentile of what ended in the minute before each look, in seconds. */
export function latencyLines(samples: readonly Sample[], route: string): Lines {
  const at =
    (q: number): Value =>
    (sample, _, index) =>
      quantile(lately(samples, index, route) ?? bucketsOf(sample, route), q);
  return lines(samples, at(0.5), at(0.95));
}

function bucketsOf(sample: Sample | undefined, route: string): Buckets {
  return sample?.seconds.find(([name]) => name === route)?.[1] ?? [];
}

/** What ended in the minute before a look; null where no earlier look is known. */
function lately(samples: readonly Sample[], index: number, route: string): Buckets | null {
  const now = samples[index];
  if (!now || index === 0) return null;
  let first = index;
  while (first > 0 && now.at - (samples[first]?.at ?? 0) < WINDOW) first -= 1;
  return since(bucketsOf(now, route), bucketsOf(samples[first], route));
}

export interface Latency {
  route: string;
  count: number;
  p50: number | null;
  p95: number | null;
}

/** How long the tasks of each route took since the engine started. */
export function latencies(seconds: Iterable<readonly [string, Buckets]>): Latency[] {
  return [...seconds]
    .map(([route, buckets]) => ({
      route,
      count: buckets.at(-1)?.[1] ?? 0,
      p50: quantile(buckets, 0.5),
      p95: quantile(buckets, 0.95),
    }))
    .filter((each) => each.count > 0);
}
