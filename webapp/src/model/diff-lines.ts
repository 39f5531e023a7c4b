/** The difference of two texts by line: E. Myers, "An O(ND) difference algorithm and its variations", 1986. */

export interface Line {
  /** From 1. */
  number: number;
  text: string;
}

/** One row of two texts side by side. Both sides: the same, or one line changed into another. */
export interface Row {
  same: boolean;
  before: Line | null;
  after: Line | null;
}

/** Beyond so many differences everything between the common ends is taken as replaced: the search is quadratic in them. */
const MOST_DIFFERENCES = 600;

type Step = 'keep' | 'take' | 'give';

/** Both texts, side by side; changed lines stand beside each other as far as there are pairs of them. */
export function compareLines(before: string, after: string): Row[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const steps = [
    ...Array<Step>(head).fill('keep'),
    ...stepsOf(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...Array<Step>(tail).fill('keep'),
  ];
  return rowsOf(a, b, steps);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The shortest way from one list to the other: lines kept, taken away, given. */
function stepsOf(a: string[], b: string[]): Step[] {
  const replaced = (): Step[] => [...a.map((): Step => 'take'), ...b.map((): Step => 'give')];
  if (!a.length || !b.length) return replaced();
  const trace = search(a, b);
  return trace ? walkBack(trace, a.length, b.length) : replaced();
}

/** How far each diagonal k = x - y was followed, after each number of differences; null where they are too many. */
function search(a: string[], b: string[]): Map<number, number>[] | null {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (
    let differences = 0;
    differences <= Math.min(a.length + b.length, MOST_DIFFERENCES);
    differences += 1
  ) {
    trace.push(new Map(furthest));
    for (let k = -differences; k <= differences; k += 2) {
      let x = begin(furthest, k, differences);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
  }
  return null;
}

const at = (furthest: Map<number, number>, k: number): number => furthest.get(k) ?? -1;

/** Whether a diagonal is reached from the one above it: by a line that is given. */
function isGiven(furthest: Map<number, number>, k: number, differences: number): boolean {
  return k === -differences || (k !== differences && at(furthest, k - 1) < at(furthest, k + 1));
}

function begin(furthest: Map<number, number>, k: number, differences: number): number {
  return isGiven(furthest, k, differences) ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
}

function walkBack(trace: Map<number, number>[], width: number, height: number): Step[] {
  const steps: Step[] = [];
  let [x, y] = [width, height];
  for (let differences = trace.length - 1; differences >= 0; differences -= 1) {
    const furthest = trace[differences] ?? new Map<number, number>();
    const given = isGiven(furthest, x - y, differences);
    const k = x - y + (given ? 1 : -1);
    const from = differences === 0 ? 0 : at(furthest, k);
    const fromY = differences === 0 ? 0 : from - k;
    while (x > from && y > fromY) {
      steps.push('keep');
      x -= 1;
      y -= 1;
    }
    if (differences > 0) steps.push(given ? 'give' : 'take');
    [x, y] = [from, fromY];
  }
  return steps.reverse();
}

function rowsOf(a: string[], b: string[], steps: Step[]): Row[] {
  const rows: Row[] = [];
  let [x, y] = [0, 0];
  let [taken, given]: [Line[], Line[]] = [[], []];
  const flush = (): void => {
    for (let index = 0; index < Math.max(taken.length, given.length); index += 1) {
      rows.push({ same: false, before: taken[index] ?? null, after: given[index] ?? null });
    }
    [taken, given] = [[], []];
  };
  for (const step of steps) {
    if (step === 'take') taken.push({ number: x + 1, text: a[x] ?? '' });
    if (step === 'give') given.push({ number: y + 1, text: b[y] ?? '' });
    if (step === 'keep') {
      flush();
      rows.push({
        same: true,
        before: { number: x + 1, text: a[x] ?? '' },
        after: { number: y + 1, text: b[y] ?? '' },
      });
    }
    x += step === 'give' ? 0 : 1;
    y += step === 'take' ? 0 : 1;
  }
  flush();
  return rows;
}

/** A stretch of rows, or how many equal rows were left out. */
export type Stretch = { rows: Row[] } | { left: number };

/** The rows that differ, with some equal ones around them; the others are counted. */
export function folded(rows: Row[], around = 3): Stretch[] {
  const shown = rows.map(() => false);
  rows.forEach((row, index) => {
    if (!row.same) shown.fill(true, Math.max(0, index - around), index + around + 1);
  });
  const stretches: Stretch[] = [];
  rows.forEach((row, index) => {
    const last = stretches.at(-1);
    if (shown[index]) {
      if (last && 'rows' in last) last.rows.push(row);
      else stretches.push({ rows: [row] });
    } else if (last && 'left' in last) last.left += 1;
    else stretches.push({ left: 1 });
  });
  return stretches;
}
