import { describe, expect, it } from 'vitest';

import { criticalPath } from '../../src/model/critical';
import { known } from '../../src/model/rawtask';
import {
  durationText,
  lengthOf,
  merged,
  runsOf,
  segmentsOf,
  sharesOf,
  sumOf,
  ticksOf,
  timelineOf,
} from '../../src/model/timeline';
import { told } from './raw/read';

const each = told('hello-each-finished');
const flaky = told('flaky-error');
const table = told('table-finished');
const collatz = told('collatz-finished');
const NONE = new Set<string>();

describe('the rows', () => {
  it('are the nodes of the task, in the order in which they began', () => {
    const { rows, length } = timelineOf(each, NONE, 0);
    expect(rows.map((row) => row.label)).toEqual(['entry', 'each', 'end']);
    expect(rows[1]).toMatchObject({ expandable: true, expanded: false, count: 1, state: 'finished' });
    expect(rows[2]?.to).toBeLessThanOrEqual(length);
  });

  it('open a loop into its nodes, and these into their instances', () => {
    const open = timelineOf(each, new Set(['=each', '*greet']), 0).rows;
    expect(open.map(({ depth, label }) => `${'  '.repeat(depth)}${label}`)).toEqual([
      'entry',
      'each',
      '  name',
      '  greet',
      '    greet0',
      '    greet1',
      '    greet2',
      '  long',
      '  check',
      'end',
    ]);
    expect(open.find((row) => row.key === '*greet')).toMatchObject({ count: 3, attempts: 3, kind: 'group' });
  });

  it('of loops in loops stand for all instances', () => {
    const { rows } = timelineOf(table, new Set(['=rows', '*cells']), 0);
    expect(rows.filter((row) => row.depth === 2).map((row) => row.label)).toEqual([
      'cells0',
      'cells1',
      'cell',
    ]);
    expect(rows.find((row) => row.key === '*cell')?.count).toBe(5);
  });

  it('count what failed', () => {
    const failed = timelineOf(told('hello-each-error'), new Set(['=each']), 0).rows;
    expect(failed.find((row) => row.key === '*greet')).toMatchObject({ failed: 1, state: 'error' });
    expect(failed.find((row) => row.label === 'end')).toMatchObject({ from: null, state: 'pending' });
  });

  it('reach until now while the task runs', () => {
    const start = Date.parse(each.raw.created);
    const raw = { ...each.raw, ended: null, status: 'running' as const };
    const end = { ...raw.nodes['end'], state: 'running', ended: null } as (typeof raw.nodes)[string];
    const running = known({ ...raw, nodes: { ...raw.nodes, end } }, each.definition);
    expect(lengthOf(running, start + 5_000)).toBeCloseTo(5_000, -1);
    expect(timelineOf(running, NONE, start + 5_000).rows[2]?.to).toBeCloseTo(5_000, -1);
  });

  it('of a thousand instances have no more pieces than can be seen', () => {
    const copies = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, at) => {
        const moment = new Date(Date.parse(each.raw.created) + 10 * at).toISOString();
        const node = { ...each.raw.nodes['name0'], id: `name${at}`, started: moment, ended: moment };
        return [`name${at}`, node];
      }),
    ) as typeof each.raw.nodes;
    const many = known({ ...each.raw, nodes: { ...each.raw.nodes, ...copies } }, each.definition);
    const before = performance.now();
    const { rows } = timelineOf(many, new Set(['=each', '*name']), 0);
    expect(performance.now() - before).toBeLessThan(500);
    expect(rows.length).toBeGreaterThan(1_000);
    expect(rows.find((row) => row.key === '*name')?.segments.length).toBeLessThanOrEqual(401);
  });
});

describe('a bar', () => {
  const length = lengthOf(flaky, 0);
  const ask = flaky.raw.nodes['ask'];

  it('has the attempts, and what lies between them is waiting', () => {
    const segments = ask ? segmentsOf(flaky, ask, length) : [];
    expect(segments.map(({ kind }) => kind)).toEqual(['waiting', 'failed', 'failed', 'failed']);
    const row = timelineOf(flaky, NONE, 0).rows.find(({ label }) => label === 'ask');
    expect(row).toMatchObject({ attempts: 3, failed: 1 });
    const tried = (ask?.attempts ?? []).reduce((sum, attempt) => sum + (attempt.seconds ?? 0), 0) * 1_000;
    expect((row?.waited ?? 0) + tried).toBeCloseTo(row?.busy ?? 0, 2);
  });

  it('has the earlier turns of a way back', () => {
    expect(runsOf(collatz, 'turn', 1e9)).toHaveLength(9);
    const turn = collatz.raw.nodes['turn'];
    const kinds = (turn ? segmentsOf(collatz, turn, 1e9) : []).map(({ kind }) => kind);
    expect(kinds).toEqual([...Array<string>(8).fill('earlier'), 'work']);
  });
});

describe('the critical path', () => {
  const names = (of: typeof each): string[] => criticalPath(of, 0).map((step) => step.instance);

  it('goes through the item that ended last, and the one that it waited for', () => {
    expect(names(each)).toEqual([
      'entry',
      'each',
      'name0',
      'greet0',
      'check0',
      'name2',
      'greet2',
      'check2',
      'end',
    ]);
  });

  it('ends with what failed', () => {
    expect(names(flaky)).toEqual(['entry', 'ask']);
    expect(names(told('broken-error'))).toEqual(['entry', 'words']);
    expect(names(told('hello-each-error')).at(-1)).toBe('greet2');
  });

  it('goes through loops in loops', () => {
    expect(names(table)).toEqual(['entry', 'rows', 'row1', 'cells1', 'cell121', 'end']);
    expect(criticalPath(table, 0).map((step) => step.depth)).toEqual([0, 0, 1, 1, 2, 0]);
  });

  it('goes through every turn of a way back', () => {
    const path = names(collatz);
    expect(path.slice(0, 4)).toEqual(['entry', 'start', 'turn', 'more']);
    expect(path.filter((name) => name === 'turn')).toHaveLength(9);
    expect(path.at(-1)).toBe('end');
  });

  it('has steps that follow each other and make up the task', () => {
    for (const of of [each, flaky, table, collatz]) {
      const path = criticalPath(of, 0);
      for (const [at, step] of path.slice(1).entries()) {
        expect(step.from).toBeGreaterThanOrEqual(path[at]?.from ?? 0);
        expect(step.wait).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe('numbers of time', () => {
  it('are the share of the task in which a node ran', () => {
    const shares = sharesOf(flaky, 0);
    expect(shares.get('ask')).toBeGreaterThan(0.95);
    expect(shares.get('side')).toBe(0);
    expect(shares.has('end')).toBe(false);
    expect(sharesOf(table, 0).get('rows')).toBeGreaterThan(sharesOf(table, 0).get('cell') ?? 1);
  });

  it('count time once in which several ran', () => {
    const spans = [
      { from: 4, to: 6 },
      { from: 0, to: 3 },
      { from: 1, to: 2 },
      { from: 5, to: 9 },
    ];
    expect(merged(spans)).toEqual([
      { from: 0, to: 3 },
      { from: 4, to: 9 },
    ]);
    expect(merged(spans, 1)).toEqual([{ from: 0, to: 9 }]);
    expect(sumOf(merged(spans))).toBe(8);
  });

  it.each([
    [1_000, 5, [0, 200, 400, 600, 800, 1_000]],
    [7, 4, [0, 2, 4, 6]],
    [0.3, 3, [0, 0.1, 0.2, 0.3]],
  ])('has marks on an axis of %d', (length, wished, ticks) => {
    expect(ticksOf(length, wished)).toEqual(ticks);
  });

  it.each([
    [0, '0 ms'],
    [1.234, '1.23 ms'],
    [123.4, '123 ms'],
    [1_234, '1.23 s'],
    [61_500, '1 min 1 s'],
    [7_260_000, '2 h 1 min'],
  ])('%d is read as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});
