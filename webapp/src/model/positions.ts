/**
 * Where nodes lie that somebody has laid by hand. Places are kept beside the definition and under the names of nodes, so
 * that neither moving a node changes the pipeline nor a change of the pipeline moves a node.
 */

import { type Definition, LOOP_END, type NodeKey, idOf, isObject, placed } from './definition';
import { followed } from './follow';
import type { Graph } from './graph';
import type { Direction, Layout, Point } from './layout/measure';

/** By the name of a place: the left upper corner of a node, from that of the frame around it. */
export type Places = Readonly<Record<string, Point>>;

/** Places, and where the way led in the drawing in which they were chosen. */
export interface Arrangement {
  direction: Direction;
  places: Places;
}

function named(nodes: Iterable<{ key: NodeKey; id: string }>): Map<NodeKey, string> {
  const counts = new Map<string, number>();
  const names = new Map<NodeKey, string>();
  for (const { key, id } of nodes) {
    const before = counts.get(id) ?? 0;
    counts.set(id, before + 1);
    names.set(key, before ? `${id}#${before}` : id);
  }
  return names;
}

/** The names of the places of a graph; what a `next` names and is not there has none. */
export function placeNames({ nodes }: Graph): Map<NodeKey, string> {
  const names = named(nodes.filter(({ kind }) => kind !== 'loopEnd' && kind !== 'missing'));
  for (const { key, kind, parent } of nodes) {
    if (kind === 'loopEnd') names.set(key, `${names.get(parent ?? '') ?? ''}/${LOOP_END}`);
  }
  return names;
}

/** The places of everything that is drawn. */
export function placesOf(graph: Graph, layout: Layout): Places {
  const found: Record<string, Point> = {};
  const names = placeNames(graph);
  for (const { key, parent } of graph.nodes) {
    const name = names.get(key);
    const box = layout.boxes.get(key);
    const around = parent === null ? { x: 0, y: 0 } : layout.boxes.get(parent);
    if (name !== undefined && box && around) found[name] = { x: box.x - around.x, y: box.y - around.y };
  }
  return found;
}

/** The places after a change: those of renamed nodes under their new names, without those of nodes that are gone. */
export function carried(places: Places, before: Definition, after: Definition): Places {
  const [then, now] = [before, after].map((each) =>
    named(placed(each).map(({ key, node }) => ({ key, id: idOf(node) }))),
  ) as [Map<NodeKey, string>, Map<NodeKey, string>];
  const found: Record<string, Point> = {};
  const keep = (old: string, name: string): void => {
    const place = places[old];
    if (place) found[name] = place;
  };
  for (const [key, next] of followed(before, after)) {
    const [old, name] = [then.get(key), now.get(next)];
    if (old === undefined || name === undefined) continue;
    keep(old, name);
    keep(`${old}/${LOOP_END}`, `${name}/${LOOP_END}`);
  }
  return found;
}

/** The arrangement that a text holds; null where it holds none. */
export function readArrangement(text: string | null): Arrangement | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || !isObject(value['places'])) return null;
    const direction = value['direction'] === 'down' ? 'down' : 'right';
    const places = Object.entries(value['places']).flatMap(([name, place]) => {
      if (!isObject(place)) return [];
      const { x, y } = place;
      return Number.isFinite(x) && Number.isFinite(y)
        ? [[name, { x: Number(x), y: Number(y) }] as const]
        : [];
    });
    return { direction, places: Object.fromEntries(places) };
  } catch {
    return null;
  }
}
