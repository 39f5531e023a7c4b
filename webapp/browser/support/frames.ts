/** What a page costs from frame to frame. */

import type { Page } from 'playwright-core';

export interface Frames {
  /** Milliseconds between frames as the page sees them. */
  intervals: number[];
  /** Milliseconds of processor time that the page's main thread took in each frame: script, style, layout, paint. */
  work: number[];
}

interface TraceEvent {
  name: string;
  ph: string;
  tid: number;
  pid: number;
  ts: number;
  tdur?: number;
  args?: { name?: string };
}

export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Let something happen, and measure every frame until it is over. */
export async function framesOf(page: Page, happens: () => Promise<void>): Promise<Frames> {
  const browser = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  browser.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])));
  await browser.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] },
  });
  await page.evaluate(() => {
    const at: number[] = [];
    const next = (now: number): void => {
      at.push(now);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    Object.assign(window, { framesAt: at });
  });
  await happens();
  const at = await page.evaluate(() => (window as unknown as { framesAt: number[] }).framesAt);
  const over = new Promise((resolve) => browser.once('Tracing.tracingComplete', resolve));
  await browser.send('Tracing.end');
  await over;
  await browser.detach();
  return { intervals: at.slice(1).map((time, index) => time - (at[index] ?? time)), work: workOf(events) };
}

/** The processor time of the tasks on the thread that draws the page, summed up from one frame to the next. */
function workOf(events: TraceEvent[]): number[] {
  const frames = events.filter(({ name, ph }) => name === 'FireAnimationFrame' && ph === 'X');
  const [first] = frames;
  if (!first) return [];
  const own = (event: TraceEvent): boolean => event.pid === first.pid && event.tid === first.tid;
  const begins = frames
    .filter(own)
    .map(({ ts }) => ts)
    .sort((a, b) => a - b);
  const tasks = events.filter((event) => own(event) && event.name === 'ThreadControllerImpl::RunTask');
  const work = begins.map(() => 0);
  for (const { ts, tdur = 0 } of tasks) {
    const after = begins.findIndex((begin) => begin > ts);
    const frame = after < 0 ? begins.length - 1 : after;
    work[frame] = (work[frame] ?? 0) + tdur / 1_000;
  }
  return work.slice(1, -1);
}
