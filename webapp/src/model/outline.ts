/** The graph as a table: every node in the order of the definition, with what it leads to. */

import { type Definition, type JsonObject, LOOP_END, type NodeKey, idOf, placed, typeOf } from './definition';
import { type Refusal, connect, nextOf, refusal } from './edit';
import { type EdgeKind, type GraphNode, endOf } from './graph';

export interface Row {
  key: NodeKey;
  id: string;
  kind: GraphNode['kind'];
  node: JsonObject;
  /** How many loops are around it. */
  depth: number;
  ways: { kind: EdgeKind; next: string[] }[];
}

export function rowsOf(definition: Definition): Row[] {
  const depths = new Map<NodeKey, number>();
  return placed(definition).map(({ key, level, node }) => {
    const depth = level === null ? 0 : (depths.get(level) ?? 0) + 1;
    depths.set(key, depth);
    const kinds = sidesOf(node);
    const ways = kinds.map((kind) => ({ kind, next: nextOf(node, kind) }));
    return { key, id: idOf(node), kind: typeOf(node) ?? 'unknown', node, depth, ways };
  });
}

/** The sides on which a node leads on: a branch has two, an end none. */
export function sidesOf(node: JsonObject): EdgeKind[] {
  const type = typeOf(node);
  if (type === 'end') return [];
  return type === 'branch' ? ['then', 'else'] : ['next'];
}

/** What a node may be connected to, in the order of the definition; `why`: the reason where it may not. */
export interface Target {
  key: NodeKey;
  id: string;
  kind: GraphNode['kind'];
  why: Refusal | null;
}

/** All targets of an edge, those that are legal first. */
export function targetsOf(definition: Definition, source: NodeKey, kind: EdgeKind): Target[] {
  const all = placed(definition);
  const own = all.find((each) => each.key === source);
  const targets: Target[] = all.map(({ key, node }) => ({
    key,
    id: idOf(node),
    kind: typeOf(node) ?? 'unknown',
    why: refusal(definition, source, key, kind),
  }));
  if (own && own.level !== null) {
    const key = endOf(own.level);
    targets.push({ key, id: LOOP_END, kind: 'loopEnd', why: refusal(definition, source, key, kind) });
  }
  return [...targets.filter(({ why }) => why === null), ...targets.filter(({ why }) => why !== null)];
}

/** Connect where that is legal; the reason where it is not. */
export function tryConnect(
  definition: Definition,
  source: NodeKey,
  target: NodeKey,
  kind: EdgeKind,
): { definition: Definition; why: null } | { definition: null; why: Refusal } {
  const why = refusal(definition, source, target, kind);
  return why === null
    ? { definition: connect(definition, source, target, kind), why }
    : { definition: null, why };
}

/** What is said of a node: its id, and the ids before and after it. */
export function surroundings(definition: Definition, key: NodeKey): { before: string[]; after: string[] } {
  const all = placed(definition);
  const own = all.find((each) => each.key === key);
  if (!own) return { before: [], after: [] };
  const leads = (node: JsonObject): string[] => [
    ...new Set(sidesOf(node).flatMap((kind) => nextOf(node, kind))),
  ];
  const before = all.filter(({ level, node }) => level === own.level && leads(node).includes(idOf(own.node)));
  return { before: before.map(({ node }) => idOf(node)), after: leads(own.node) };
}
