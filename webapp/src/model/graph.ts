/** The graph that a definition makes: its nodes, frames of loops among them, and its edges. */

import {
  type Definition,
  type Json,
  type JsonObject,
  LOOP_END,
  type NodeKey,
  type NodeType,
  type Placed,
  idOf,
  isObject,
  placed,
  texts,
  typeOf,
} from './definition';
import { groupBy } from './grouping';

export type EdgeKind = 'next' | 'then' | 'else';

/**
 * A node as it is drawn. `parent`: the frame that holds it. `kind` is `loopEnd` for the mark at the end of a loop's
 * body, `missing` for what a `next` names that is not there, `unknown` for a type that there is not.
 */
export interface GraphNode {
  key: NodeKey;
  id: string;
  kind: NodeType | 'loopEnd' | 'missing' | 'unknown';
  parent: NodeKey | null;
  node: JsonObject;
  /** The first node of a body: each instance begins with it. */
  starts: boolean;
}

/** An edge. `back`: it leads to where the task has been before. `label` is what the drawing says on it. */
export interface GraphEdge {
  id: string;
  source: NodeKey;
  target: NodeKey;
  kind: EdgeKind;
  label: string;
  back: boolean;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** The key of the mark at the end of a body. */
export function endOf(loop: NodeKey): NodeKey {
  return `${loop}/${LOOP_END}`;
}

/** Where a task goes on after a node, and under which condition. */
export function waysOf(node: JsonObject): { kind: EdgeKind; next: string[]; label: string }[] {
  const own = texts(node['next']);
  if (typeOf(node) !== 'branch') return [{ kind: 'next', next: own, label: '' }];
  const condition = typeof node['if'] === 'string' ? node['if'] : '';
  return [
    { kind: 'then', next: sideNext(node['then'], own), label: condition },
    { kind: 'else', next: sideNext(node['else'], own), label: 'else' },
  ];
}

function sideNext(side: Json | undefined, own: string[]): string[] {
  return isObject(side) && Array.isArray(side['next']) ? texts(side['next']) : own;
}

/** The whole graph. What `next` names is looked for on the node's own level. */
export function graphOf(definition: Definition): Graph {
  const all = placed(definition);
  const levels = groupBy(all, (each) => each.level);
  for (const each of all) if (typeOf(each.node) === 'loop' && !levels.has(each.key)) levels.set(each.key, []);
  const nodes = all.map((each) => drawn(each, levels.get(each.level)?.[0]?.key));
  const edges: GraphEdge[] = [];
  const drawnBefore = new Map<string, number>();
  for (const [level, here] of levels) {
    const byId = new Map<string, NodeKey>();
    for (const each of here) if (!byId.has(idOf(each.node))) byId.set(idOf(each.node), each.key);
    if (level !== null) {
      nodes.push(mark(endOf(level), LOOP_END, 'loopEnd', level));
      byId.set(LOOP_END, endOf(level));
    }
    for (const each of here) {
      for (const way of waysOf(each.node)) {
        for (const name of way.next) {
          const target = byId.get(name) ?? missing(nodes, byId, name, level);
          edges.push(edge(each.key, target, way.kind, way.label, drawnBefore));
        }
      }
    }
  }
  return { nodes, edges: withBacks(nodes, edges) };
}

function drawn({ key, level, node }: Placed, first: NodeKey | undefined): GraphNode {
  const kind = typeOf(node) ?? 'unknown';
  return { key, id: idOf(node), kind, parent: level, node, starts: level !== null && key === first };
}

function mark(key: NodeKey, id: string, kind: GraphNode['kind'], parent: NodeKey | null): GraphNode {
  return { key, id, kind, parent, node: {}, starts: false };
}

function missing(
  nodes: GraphNode[],
  byId: Map<string, NodeKey>,
  name: string,
  level: NodeKey | null,
): NodeKey {
  const key = `${level ?? ''}/missing/${name}`;
  nodes.push(mark(key, name, 'missing', level));
  byId.set(name, key);
  return key;
}

function edge(
  source: NodeKey,
  target: NodeKey,
  kind: EdgeKind,
  label: string,
  before: Map<string, number>,
): GraphEdge {
  const plain = `${source}>${kind}>${target}`;
  const again = before.get(plain) ?? 0;
  before.set(plain, again + 1);
  return { id: again ? `${plain}#${again}` : plain, source, target, kind, label, back: false };
}

/** Mark the edges that close a circle, as seen by a walk from the first nodes. */
function withBacks(nodes: GraphNode[], edges: GraphEdge[]): GraphEdge[] {
  const out = groupBy(edges, (each) => each.source);
  const entered = new Set(edges.map((each) => each.target));
  const isFirst = (each: GraphNode): boolean =>
    each.kind === 'entry' || each.starts || !entered.has(each.key);
  const order = [...nodes.filter(isFirst), ...nodes];
  const state = new Map<NodeKey, 'open' | 'done'>();
  const backs = new Set<string>();
  for (const root of order) walk(root.key, out, state, backs);
  return edges.map((each) => (backs.has(each.id) ? { ...each, back: true } : each));
}

/** Depth first, without recursion: a pipeline may have a thousand nodes in a row. */
function walk(
  root: NodeKey,
  out: Map<NodeKey, GraphEdge[]>,
  state: Map<NodeKey, 'open' | 'done'>,
  backs: Set<string>,
): void {
  if (state.has(root)) return;
  const stack: { key: NodeKey; rest: GraphEdge[] }[] = [{ key: root, rest: [...(out.get(root) ?? [])] }];
  state.set(root, 'open');
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.rest.shift();
    if (next === undefined) {
      state.set(top.key, 'done');
      stack.pop();
    } else if (state.get(next.target) === 'open') {
      backs.add(next.id);
    } else if (!state.has(next.target)) {
      state.set(next.target, 'open');
      stack.push({ key: next.target, rest: [...(out.get(next.target) ?? [])] });
    }
  }
}
