/** When the nodes of a task worked and waited: rows for a chart of bars. Times are milliseconds since the task began. */

import { type NodeKey, type Placed, idOf } from './definition';
import { type Known, type RawNode, nodeIdOf, timeOf } from './rawtask';
import type { NodeState } from './wire';

/** `earlier`: an earlier turn of a way back, or before the task was taken up again. `call` and `failed` are attempts. */
export type SegmentKind = 'work' | 'call' | 'failed' | 'waiting' | 'earlier';

/** From when until when. */
export interface Span {
  from: number;
  to: number;
}

export interface Segment extends Span {
  kind: SegmentKind;
}

/**
 * A row of the chart. A `group` stands for all instances of a node. `instance` is what can be looked at. `busy` is how
 * long it ran, its instances together where they are many, time that several ran at once counted once.
 */
export interface Row {
  key: string;
  label: string;
  depth: number;
  kind: 'node' | 'group';
  nodeId: string;
  instance: string;
  count: number;
  failed: number;
  state: NodeState;
  from: number | null;
  to: number | null;
  busy: number;
  waited: number;
  attempts: number;
  segments: Segment[];
  expandable: boolean;
  expanded: boolean;
}

export interface Timeline {
  rows: Row[];
  /** How long the task took, or has been running; the length of the axis. */
  length: number;
}

/** More pieces than a bar has pixels need not be told apart. */
const PIECES = 400;

/** Whether a task or a node still runs at `now` (milliseconds since 1970) shows in bars that reach until then. */
export function lengthOf({ raw }: Known, now: number): number {
  const start = timeOf(raw.created);
  const ends = Object.values(raw.nodes).map((node) => (node.ended === null ? start : timeOf(node.ended)));
  const last = ends.reduce((most, each) => Math.max(most, each), start);
  const end = raw.ended === null ? Math.max(now, last) : Math.max(timeOf(raw.ended), last);
  return Math.max(end - start, 0.001);
}

/** When an instance began and ended; where it runs, until `length`. */
export function spanOf(known: Known, node: RawNode, length: number): Span | null {
  if (node.started === null) return null;
  const start = timeOf(known.raw.created);
  const from = timeOf(node.started) - start;
  const to = node.ended === null ? length : timeOf(node.ended) - start;
  return { from, to: Math.max(to, from) };
}

/** The activations of a node of the task itself that its history tells, in their order. */
export function runsOf(known: Known, id: string, length: number): Span[] {
  const start = timeOf(known.raw.created);
  const runs: Span[] = [];
  let open: number | null = null;
  for (const { at, node, state } of known.raw.history) {
    if (node !== id) continue;
    if (state === 'running') open ??= timeOf(at) - start;
    else if (open !== null) {
      runs.push({ from: open, to: timeOf(at) - start });
      open = null;
    }
  }
  if (open !== null) runs.push({ from: open, to: length });
  return runs;
}

/** What an instance did when: its calls, and the time between them, which is waiting. */
export function segmentsOf(known: Known, node: RawNode, length: number): Segment[] {
  const span = spanOf(known, node, length);
  const start = timeOf(known.raw.created);
  const calls: Segment[] = node.attempts.map((attempt) => {
    const from = timeOf(attempt.at) - start;
    const to = attempt.ended === null ? (span?.to ?? length) : timeOf(attempt.ended) - start;
    return { kind: attempt.error === null ? 'call' : 'failed', from, to: Math.max(to, from) };
  });
  const earlier = earlierOf(known, node, span, length);
  if (!span) return [...earlier, ...calls];
  if (calls.length === 0) {
    return [...earlier, { kind: node.waiting === null ? 'work' : 'waiting', ...span }];
  }
  return [...earlier, { kind: 'waiting', ...span }, ...calls];
}

function earlierOf(known: Known, node: RawNode, span: { from: number } | null, length: number): Segment[] {
  if (node.node !== undefined) return [];
  const before = runsOf(known, node.id, length).filter((run) => span === null || run.from < span.from);
  return before.map((run) => ({ kind: 'earlier', ...run }));
}

/** Intervals without overlaps, in order; those that almost touch (`gap`) become one. */
export function merged(spans: readonly Span[], gap = 0): Span[] {
  const found: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && from <= last.to + gap) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

export function sumOf(spans: Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** The share of the task's time in which each node ran, its instances together, from 0 to 1. */
export function sharesOf(known: Known, now: number): Map<string, number> {
  const length = lengthOf(known, now);
  const shares = new Map<string, number>();
  for (const [id, all] of known.instances) {
    const spans = all.flatMap((node) => spanOf(known, node, length) ?? []);
    const earlier = all.length === 1 ? runsOf(known, id, length) : [];
    const busy = sumOf(merged([...spans, ...earlier]));
    if (spans.length > 0) shares.set(id, Math.min(busy / length, 1));
  }
  return shares;
}

/** The rows of the chart; of a row whose key is in `expanded` its parts too. */
export function timelineOf(known: Known, expanded: ReadonlySet<string>, now: number): Timeline {
  const length = lengthOf(known, now);
  const bodies = bodiesOf(known);
  const rows: Row[] = [];
  const visit = (id: string, depth: number): void => {
    const all = known.instances.get(id) ?? [];
    const inner = bodies.get(id) ?? [];
    const [only] = all;
    if (!only) return;
    const many = all.length > 1;
    const row = many ? groupRow(known, id, all, length) : nodeRow(known, only, length);
    const open = expanded.has(row.key);
    const expandable = many || inner.some((each) => known.instances.has(each));
    rows.push({ ...row, depth, expandable, expanded: expandable && open });
    if (!open) return;
    if (many) for (const each of all) rows.push({ ...nodeRow(known, each, length), depth: depth + 1 });
    for (const each of inner) visit(each, depth + 1);
  };
  for (const id of bodies.get('') ?? []) visit(id, 0);
  return { rows, length };
}

/** The ids on each level in the order in which they began; of the outermost under an empty id. */
function bodiesOf({ nodes, instances }: Known): Map<string, string[]> {
  const loops = new Map<NodeKey, string>([...nodes.values()].map(({ key, node }) => [key, idOf(node)]));
  const bodies = new Map<string, string[]>();
  const began = (id: string): number => {
    const first = instances.get(id)?.find((node) => node.started !== null)?.started;
    return first ? timeOf(first) : Infinity;
  };
  const inOrder = [...nodes.values()].sort((a: Placed, b: Placed) => {
    const [one, other] = [began(idOf(a.node)), began(idOf(b.node))];
    return one === other ? 0 : one - other;
  });
  for (const { level, node } of inOrder) {
    const loop = level === null ? '' : (loops.get(level) ?? '');
    bodies.set(loop, [...(bodies.get(loop) ?? []), idOf(node)]);
  }
  return bodies;
}

function nodeRow(known: Known, node: RawNode, length: number): Row {
  const span = spanOf(known, node, length);
  const segments = segmentsOf(known, node, length);
  const calls = segments.filter(({ kind }) => kind === 'call' || kind === 'failed');
  const waits = segments.some(({ kind }) => kind === 'waiting');
  const busy = span ? span.to - span.from : 0;
  return {
    key: `=${node.id}`,
    label: node.id,
    depth: 0,
    kind: 'node',
    nodeId: nodeIdOf(node),
    instance: node.id,
    count: 1,
    failed: node.state === 'error' ? 1 : 0,
    state: node.state,
    from: span?.from ?? null,
    to: span?.to ?? null,
    busy,
    waited: waits ? Math.max(busy - sumOf(merged(calls)), 0) : 0,
    attempts: node.attempts.length,
    segments,
    expandable: false,
    expanded: false,
  };
}

function groupRow(known: Known, id: string, all: RawNode[], length: number): Row {
  const spans = all.flatMap((node) => spanOf(known, node, length) ?? []);
  const pieces = merged(spans, length / PIECES);
  const failing = all.filter((node) => node.state === 'error');
  const wrong = merged(
    failing.flatMap((node) => spanOf(known, node, length) ?? []),
    length / PIECES,
  );
  const states = new Set(all.map((node) => node.state));
  const order = ['error', 'running', 'finished', 'cancelled', 'skipped', 'pending'] as const;
  return {
    key: `*${id}`,
    label: id,
    depth: 0,
    kind: 'group',
    nodeId: id,
    instance: id,
    count: all.length,
    failed: failing.length,
    state: order.find((state) => states.has(state)) ?? 'pending',
    from: pieces[0]?.from ?? null,
    to: pieces.at(-1)?.to ?? null,
    busy: sumOf(merged(spans)),
    waited: 0,
    attempts: all.reduce((sum, node) => sum + node.attempts.length, 0),
    segments: [
      ...pieces.map((piece) => ({ kind: 'work' as const, ...piece })),
      ...wrong.map((piece) => ({ kind: 'failed' as const, ...piece })),
    ],
    expandable: true,
    expanded: false,
  };
}

/** Where the axis has its marks: round numbers, about so many as are wished. */
export function ticksOf(length: number, wished: number): number[] {
  const rough = length / Math.max(wished, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? power * 10;
  return Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, at) =>
    Number((at * step).toPrecision(12)),
  );
}

/** Milliseconds as people read them. */
export function durationText(milliseconds: number): string {
  const round = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
  if (milliseconds < 10) return `${round(milliseconds, 2)} ms`;
  if (milliseconds < 1_000) return `${round(milliseconds, 0)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${round(seconds, seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  if (minutes < 60) return `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
