/** What the engine counts, read from the Prometheus text format, and quantiles of its histograms. */

export interface Metric {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Record<string, string> = { n: '\n' };

export function parseMetrics(text: string): Metric[] {
  return text.split('\n').flatMap((line) => {
    const found = LINE.exec(line);
    if (!found) return []; // a comment, or nothing
    const [, name = '', held = '', value = ''] = found;
    const labels = Object.fromEntries(
      [...held.matchAll(LABEL)].map(([, label = '', quoted = '']) => [
        label,
        quoted.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped),
      ]),
    );
    return [{ name, labels, value: numberOf(value) }];
  });
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/** How many observations were at most so large, by that size, ascending; the last is infinite. */
export type Buckets = readonly (readonly [atMost: number, count: number])[];

/** The histograms of a name, by one of their labels. */
export function histograms(metrics: Metric[], name: string, label: string): Map<string, Buckets> {
  const found = new Map<string, [number, number][]>();
  for (const { name: each, labels, value } of metrics) {
    if (each !== `${name}_bucket`) continue;
    const key = labels[label] ?? '';
    const buckets = found.get(key) ?? [];
    buckets.push([numberOf(labels['le'] ?? 'Inf'), value]);
    found.set(key, buckets);
  }
  for (const buckets of found.values()) buckets.sort(([a], [b]) => a - b);
  return found;
}

/** How many observations there are. */
export function countOf(buckets: Buckets): number {
  return buckets.at(-1)?.[1] ?? 0;
}

/** What came since an earlier look; all of it where the counting began anew meanwhile. */
export function since(buckets: Buckets, earlier: Buckets): Buckets {
  const before = new Map(earlier);
  if (countOf(buckets) < countOf(earlier)) return buckets;
  return buckets.map(([atMost, count]) => [atMost, count - (before.get(atMost) ?? 0)] as const);
}

/**
 * A quantile, as Prometheus' `histogram_quantile` estimates it: evenly spread within its bucket; beyond the last finite
 * bucket that bucket's bound. null where nothing was observed.
 */
export function quantile(buckets: Buckets, q: number): number | null {
  const rank = countOf(buckets) * q;
  if (countOf(buckets) === 0) return null;
  const at = buckets.findIndex(([, count]) => count >= rank);
  const [upper, count] = buckets[at] ?? [0, 0];
  const [lower, below] = buckets[at - 1] ?? [0, 0];
  if (upper === Infinity) return lower;
  return count === below ? upper : lower + ((upper - lower) * (rank - below)) / (count - below);
}

/** The sum of a counter or gauge over all its labels, or those that are asked for. */
export function sum(metrics: Metric[], name: string, labels: Record<string, string> = {}): number {
  return metrics
    .filter((each) => each.name === name)
    .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
    .reduce((total, each) => total + each.value, 0);
}
