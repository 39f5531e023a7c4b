/**
 * The critical path of a task: the chain of nodes that decided when it ended. It is followed from the end backwards: of
 * the predecessors that had ended when a node began, the latest. In a loop it goes through the item that ended last, and
 * from there, where only so many run at once, to the item whose end let that one begin.
 */

import { type Definition, type NodeKey, idOf } from './definition';
import { graphOf } from './graph';
import { groupBy } from './grouping';
import { type Known, type RawNode, nodeIdOf } from './rawtask';
import { lengthOf, runsOf, spanOf } from './timeline';

/** A step of the path. `wait`: how long nothing of the path ran before it. `depth`: how many loops are around it. */
export interface Step {
  instance: string;
  nodeId: string;
  index: number | null;
  depth: number;
  from: number;
  to: number;
  wait: number;
}

interface Run {
  node: RawNode;
  from: number;
  to: number;
}

/** How much a node may seem to begin before its predecessor has ended: the engine's times are whole microseconds. */
const EPSILON = 0.0015;

/** How many bodies run at once where a loop does not say it. */
const AT_ONCE = 1_000;

/** The path, first step first; empty where nothing has begun. */
export function criticalPath(known: Known, now: number): Step[] {
  const path = new Path(known, lengthOf(known, now));
  return withWaits(path.ofTask());
}

/** A loop whose body was gone through is waited in by the steps in it; what they leave open before its end is theirs. */
function withWaits(steps: Step[]): Step[] {
  let end = 0;
  return steps.map((step, at) => {
    const wait = Math.max(step.from - end, 0);
    const goneThrough = (steps[at + 1]?.depth ?? 0) > step.depth;
    end = goneThrough ? Math.max(end, step.from) : Math.max(end, step.to);
    return { ...step, wait };
  });
}

class Path {
  private readonly before: Map<string, string[]>;
  private readonly bodies: Map<string, RawNode[]>;
  private readonly inner: Map<string, Set<string>>;

  constructor(
    private readonly known: Known,
    private readonly length: number,
  ) {
    this.before = predecessorsOf(known.definition);
    const within = Object.values(known.raw.nodes).filter((node) => node.parent !== undefined);
    this.bodies = groupBy(within, (node) => node.parent ?? '');
    this.inner = innerOf(known);
  }

  ofTask(): Step[] {
    const own = Object.values(this.known.raw.nodes).filter((node) => node.node === undefined);
    const runs = own.flatMap((node) => {
      const told = runsOf(this.known, node.id, this.length);
      return (told.length > 0 ? told : this.spans(node)).map((run) => ({ node, ...run }));
    });
    return this.steps(this.chain(latest(runs.filter(({ node }) => counts(node, own))), runs), 0);
  }

  private spans(node: RawNode): { from: number; to: number }[] {
    const span = spanOf(this.known, node, this.length);
    return span ? [span] : [];
  }

  /** Backwards from a run, always to the latest that it can have waited for. */
  private chain(last: Run | null, runs: Run[]): Run[] {
    const byNode = groupBy(runs, ({ node }) => nodeIdOf(node));
    const seen = new Set<Run>();
    const chain: Run[] = [];
    for (let run = last; run !== null && !seen.has(run);) {
      seen.add(run);
      chain.unshift(run);
      const { from } = run;
      const before = this.before.get(nodeIdOf(run.node)) ?? [];
      const ready = before.flatMap((id) => byNode.get(id) ?? []);
      run = latest(ready.filter((each) => each.to <= from + EPSILON && !seen.has(each)));
    }
    return chain;
  }

  private steps(chain: Run[], depth: number): Step[] {
    return chain.flatMap(({ node, from, to }) => {
      const step = { instance: node.id, nodeId: nodeIdOf(node), index: node.index ?? null, depth, from, to };
      return [{ ...step, wait: 0 }, ...this.within(node, from, to, depth + 1)];
    });
  }

  /** The chain through the bodies of a loop, while one run of it lasted. */
  private within(loop: RawNode, from: number, to: number, depth: number): Step[] {
    if (loop.type !== 'loop') return [];
    const own = this.inner.get(nodeIdOf(loop)) ?? new Set<string>();
    const nodes = (this.bodies.get(loop.task ?? this.known.raw.id) ?? []).filter((each) =>
      own.has(nodeIdOf(each)),
    );
    const runs = nodes.flatMap((node) => this.spans(node).map((span) => ({ node, ...span })));
    const items = [
      ...groupBy(
        runs.filter((run) => run.from >= from - EPSILON && run.from <= to),
        itemOf,
      ).values(),
    ];
    const limited = items.length > this.atOnce(loop);
    const chains: Run[][] = [];
    const left = new Set(items);
    for (let item = decisive(items, loop); item !== null;) {
      left.delete(item);
      const failed = item.filter(({ node }) => node.state === 'error');
      const chain = this.chain(latest(failed.length > 0 ? failed : item), item);
      chains.unshift(chain);
      item = limited ? lastEnded(left, chain[0]?.from ?? -Infinity) : null;
    }
    return this.steps(chains.flat(), depth);
  }

  private atOnce(loop: RawNode): number {
    const most = this.known.nodes.get(nodeIdOf(loop))?.node['max_parallel'];
    return typeof most === 'number' ? most : AT_ONCE;
  }
}

function itemOf({ node }: Run): string {
  return node.task ?? '';
}

function latest(runs: Run[]): Run | null {
  return runs.reduce<Run | null>((best, run) => (best === null || run.to >= best.to ? run : best), null);
}

/** The item that decided when a loop ended: of a failed one an item that failed. */
function decisive(items: Run[][], loop: RawNode): Run[] | null {
  const failed = items.filter((item) => item.some(({ node }) => node.state === 'error'));
  return lastEnded(new Set(loop.state === 'error' && failed.length > 0 ? failed : items), Infinity);
}

function lastEnded(items: ReadonlySet<Run[]>, until: number): Run[] | null {
  let best: { item: Run[]; end: number } | null = null;
  for (const item of items) {
    const end = latest(item)?.to ?? Infinity;
    if (end <= until + EPSILON && (best === null || end > best.end)) best = { item, end };
  }
  return best?.item ?? null;
}

/** Whether a node can have decided the end: of a finished task the `end`, of a failed one what failed, else what runs. */
function counts(node: RawNode, all: RawNode[]): boolean {
  const ends = all.some((each) => each.type === 'end' && each.state === 'finished');
  if (ends) return node.type === 'end';
  const failed = all.some((each) => each.state === 'error');
  if (failed) return node.state === 'error';
  return all.some((each) => each.state === 'running') ? node.state === 'running' : true;
}

function predecessorsOf(definition: Definition): Map<string, string[]> {
  const { nodes, edges } = graphOf(definition);
  const ids = new Map<NodeKey, string>(nodes.map(({ key, id }) => [key, id]));
  const before = new Map<string, string[]>();
  for (const { source, target } of edges) {
    const id = ids.get(target) ?? '';
    before.set(id, [...(before.get(id) ?? []), ids.get(source) ?? '']);
  }
  return before;
}

function innerOf({ nodes }: Known): Map<string, Set<string>> {
  const names = new Map<NodeKey, string>([...nodes.values()].map(({ key, node }) => [key, idOf(node)]));
  const inner = new Map<string, Set<string>>();
  for (const { level, node } of nodes.values()) {
    if (level === null) continue;
    const loop = names.get(level) ?? '';
    inner.set(loop, (inner.get(loop) ?? new Set()).add(idOf(node)));
  }
  return inner;
}
