import { describe, expect, it } from 'vitest';

import { histograms, parseMetrics, quantile, since, sum } from '../../src/model/metrics';
import {
  MOST_SAMPLES,
  type Sample,
  endedLines,
  latencies,
  latencyLines,
  runningLine,
  sampleOf,
  withSample,
} from '../../src/model/samples';

const TEXT = `# HELP engine_tasks_ended_total Tasks ended
# TYPE engine_tasks_ended_total counter
engine_tasks_ended_total{route="face-blur",status="finished"} 3.0
engine_tasks_ended_total{route="a \\"b\\" \\\\ c",status="finished"} 4.0
engine_tasks_ended_total{route="face-blur",status="error"} 1.0
engine_task_seconds_bucket{le="0.1",route="face-blur"} 2.0
engine_task_seconds_bucket{le="+Inf",route="face-blur"} 4.0
engine_task_seconds_bucket{le="1.0",route="face-blur"} 4.0
engine_task_seconds_count{route="face-blur"} 4.0
engine_calls_waiting 7.0
engine_strange NaN
`;
const metrics = parseMetrics(TEXT);
const stats = {
  jobs: { total: 9, running: 5, finished: 3, failed: 1 },
  services: {},
  routes: {},
};

describe('what the engine counts', () => {
  it('is read with its labels, escapes and odd numbers', () => {
    expect(metrics).toHaveLength(9);
    expect(metrics[1]).toEqual({
      name: 'engine_tasks_ended_total',
      labels: { route: 'a "b" \\ c', status: 'finished' },
      value: 4,
    });
    expect(sum(metrics, 'engine_tasks_ended_total', { status: 'finished' })).toBe(7);
    expect(sum(metrics, 'engine_calls_waiting')).toBe(7);
    expect(metrics.at(-1)?.value).toBeNaN();
  });

  it('has histograms, whose buckets come in order', () => {
    const buckets = histograms(metrics, 'engine_task_seconds', 'route').get('face-blur');
    expect(buckets).toEqual([
      [0.1, 2],
      [1, 4],
      [Infinity, 4],
    ]);
  });

  it('has quantiles as Prometheus estimates them', () => {
    const buckets = [
      [0.1, 2],
      [1, 4],
      [Infinity, 5],
    ] as const;
    expect(quantile(buckets, 0.2)).toBeCloseTo(0.05); // half of the first bucket
    expect(quantile(buckets, 0.4)).toBeCloseTo(0.1);
    expect(quantile(buckets, 0.6)).toBeCloseTo(0.55); // half of the second
    expect(quantile(buckets, 0.95)).toBe(1); // beyond all bounds: the last bound
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([[Infinity, 0]], 0.5)).toBeNull();
  });

  it('has what came since an earlier look, and all of it after a restart', () => {
    const now = [
      [0.1, 5],
      [Infinity, 9],
    ] as const;
    const before = [
      [0.1, 2],
      [Infinity, 3],
    ] as const;
    expect(since(now, before)).toEqual([
      [0.1, 3],
      [Infinity, 6],
    ]);
    expect(since(before, now)).toEqual(before);
    expect(since(now, [])).toEqual(now);
  });
});

describe('samples', () => {
  const sample = (at: number, more: Partial<Sample> = {}): Sample => ({
    at: at * 1_000,
    running: 0,
    finished: 0,
    failed: 0,
    seconds: [],
    ...more,
  });

  it('take what is needed from both answers', () => {
    expect(sampleOf(7, stats, metrics)).toMatchObject({ at: 7, running: 5, finished: 7, failed: 1 });
    expect(sampleOf(7, stats, metrics).seconds[0]?.[0]).toBe('face-blur');
  });

  it('are kept up to a number', () => {
    let all: Sample[] = [];
    for (let at = 0; at < MOST_SAMPLES + 5; at += 1) all = withSample(all, sample(at));
    expect(all).toHaveLength(MOST_SAMPLES);
    expect(all[0]?.at).toBe(5_000);
  });

  it('give rates, nothing for the first and none below zero', () => {
    const all = [
      sample(0, { finished: 10 }),
      sample(2, { finished: 16, failed: 1 }),
      sample(4, { finished: 1, failed: 0 }), // the engine was started again
    ];
    expect(endedLines(all)).toEqual({
      at: [0, 2, 4],
      values: [
        [null, 3, null],
        [null, 0.5, null],
      ],
    });
  });

  it('leave a gap where nobody looked', () => {
    const all = [sample(0, { running: 1 }), sample(100, { running: 2 })];
    expect(runningLine(all)).toEqual({ at: [0, 0.001, 100], values: [[1, null, 2]] });
    expect(endedLines(all).values[0]).toEqual([null, null, null]);
  });

  it('tell the latency of the last minute', () => {
    const fast: [string, [number, number][]] = [
      'r',
      [
        [0.1, 10],
        [1, 10],
        [Infinity, 10],
      ],
    ];
    const slow: [string, [number, number][]] = [
      'r',
      [
        [0.1, 10],
        [1, 20],
        [Infinity, 20],
      ],
    ];
    const all = [
      sample(0, { seconds: [fast] }),
      sample(2, { seconds: [slow] }),
      sample(200, { seconds: [slow] }),
    ];
    const [p50, p95] = latencyLines(all.slice(0, 2), 'r').values;
    expect(p50?.[0]).toBeCloseTo(0.05);
    expect(p50?.[1]).toBeCloseTo(0.55);
    expect(p95?.[1]).toBeCloseTo(0.955);
    expect(latencyLines(all, 'r').values[0]?.at(-1)).toBeNull(); // nothing ended since
    expect(latencyLines(all, 'other').values[0]).toEqual([null, null, null, null]);
  });

  it('tell the latency of all there was', () => {
    expect(latencies(histograms(metrics, 'engine_task_seconds', 'route'))).toEqual([
      { route: 'face-blur', count: 4, p50: 0.1, p95: expect.closeTo(0.91) as number },
    ]);
    expect(latencies([['x', [[Infinity, 0]]]])).toEqual([]);
  });
});
