/** What a page costs: processor time of the thread that it runs on, as the browser's own tracing tells it. */

import type { Page } from 'playwright-core';

export interface Cost {
  /** Milliseconds from the beginning to the end. */
  wall: number;
  /** The same without those in which the page could have gone on, and other programs had the processor. */
  own: number;
  /** Milliseconds of processor time in each frame: script, style, layout, paint. */
  work: number[];
}

interface TraceEvent {
  name: string;
  ph: string;
  tid: number;
  pid: number;
  ts: number;
  dur?: number;
  tdur?: number;
}

const TASK = 'ThreadControllerImpl::RunTask';
const FRAME = 'FireAnimationFrame';

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Let something happen, and measure what it costs. */
export async function costOf(page: Page, happens: () => Promise<void>): Promise<Cost> {
  const browser = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  browser.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
  await browser.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] },
  });
  // Each frame calls for the next one, so that there are frames to measure.
  await page.evaluate(() => {
    const next = (): unknown => requestAnimationFrame(next);
    next();
  });
  const begin = performance.now();
  await happens();
  const wall = performance.now() - begin;
  const over = new Promise((resolve) => browser.once('Tracing.tracingComplete', resolve));
  await browser.send('Tracing.end');
  await over;
  await browser.detach();
  return { wall, ...shares(events, wall) };
}

/** The events of the page's thread: the one that has worked most of those that draw frames. */
function ofPage(events: TraceEvent[]): TraceEvent[] {
  const name = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const drawing = new Set(events.filter((event) => event.name === FRAME).map(name));
  const sums = new Map<string, number>();
  for (const event of events) {
    if (event.name === TASK && drawing.has(name(event))) {
      sums.set(name(event), (sums.get(name(event)) ?? 0) + (event.tdur ?? 0));
    }
  }
  const [most] = [...sums].sort(([, a], [, b]) => b - a)[0] ?? [];
  return events.filter((event) => name(event) === most);
}

function shares(events: TraceEvent[], wall: number): Omit<Cost, 'wall'> {
  const own = ofPage(events);
  const tasks = own.filter(({ name, ph }) => name === TASK && ph === 'X');
  const begins = own.filter(({ name }) => name === FRAME).map(({ ts }) => ts);
  begins.sort((a, b) => a - b);
  const work = begins.map(() => 0);
  let waited = 0;
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    const after = begins.findIndex((begin) => begin > ts);
    const frame = after < 0 ? begins.length - 1 : after;
    work[frame] = (work[frame] ?? 0) + tdur / 1_000;
    waited += Math.max(0, dur - tdur) / 1_000;
  }
  return { own: wall - waited, work: work.slice(1, -1) };
}
