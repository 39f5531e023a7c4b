/** What the browser costs as a whole: its own process and all that it has started, which lay out, paint and compose. */

import { readFileSync, readdirSync } from 'node:fs';

/** The kernel tells processor time in hundredths of a second. */
const TICK = 10;

interface Process {
  parent: number;
  time: number;
}

/** A process by the numbers of `/proc/<id>/stat`; null where it has ended meanwhile. */
function processOf(id: string): Process | null {
  try {
    const text = readFileSync(`/proc/${id}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    return { parent, time: TICK * ((fields[11] ?? 0) + (fields[12] ?? 0)) };
  } catch {
    return null;
  }
}

/** Milliseconds of processor time that a process and its descendants have taken so far. */
export function processorTime(root: number): number {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? processOf(name) : null;
    if (found) all.set(Number(name), found);
  }
  const isWithin = (id: number): boolean => {
    for (let at = id; at > 0; at = all.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return [...all].reduce((sum, [id, { time }]) => (isWithin(id) ? sum + time : sum), 0);
}
