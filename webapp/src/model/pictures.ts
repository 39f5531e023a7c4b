/** The pictures of a task, as its raw tells them: which node had or gave them, and which boxes belong on which. */

import { type Marks, marksIn } from './boxes';
import {
  type Definition,
  type Json,
  type JsonObject,
  type NodeKey,
  idOf,
  isObject,
  placed,
} from './definition';
import type { Graph } from './graph';
import type { Live } from './live';

/** A node of a task: of the fields of raw those that pictures need. `node`: its id in the definition, in a loop's body. */
export interface RawNode {
  id: string;
  type: string;
  state: string;
  node?: string;
  input?: Json;
  out?: Json;
}

export interface RawTask {
  id: string;
  nodes: Record<string, RawNode>;
}

export interface Picture {
  /** The id of the binary. */
  binary: string;
  /** The instance of the node that gave it first, and where in its out it is. */
  node: string;
  path: string;
  name: string;
  type: string;
  size: number;
}

/** What was found in a picture, and by which node. */
export interface Detection extends Marks {
  node: string;
  side: 'out' | 'input';
  picture: Picture;
}

/** How many nodes a task may have whose raw is asked for. */
export const MOST_NODES = 2_000;

const SHOWN = /^image\/(?:apng|avif|bmp|gif|jpe?g|png|svg\+xml|webp|x-icon|vnd\.microsoft\.icon)$/;

/** Whether a browser can show a file of this type. */
export function isShown(type: string): boolean {
  return SHOWN.test(type.split(';')[0]?.trim().toLowerCase() ?? '');
}

const MADE_SMALL = /^image\/(?:tiff|x-tiff)$/;

/** Whether the engine can make a small picture of it that a browser shows, whether or not that shows it itself. */
export function isDrawn(type: string): boolean {
  return isShown(type) || MADE_SMALL.test(type.split(';')[0]?.trim().toLowerCase() ?? '');
}

function isBinary(value: JsonObject): value is { binary: string; name: string; type: string; size: number } {
  return (
    typeof value['binary'] === 'string' &&
    typeof value['name'] === 'string' &&
    typeof value['type'] === 'string' &&
    typeof value['size'] === 'number'
  );
}

/** The pictures in a value of a node, each with where it is. `fits`: which types count. */
export function picturesIn(value: Json | undefined, node: string, fits = isShown): Picture[] {
  const found: Picture[] = [];
  const visit = (item: Json | undefined, path: string): void => {
    if (Array.isArray(item)) {
      item.forEach((each, index) => {
        visit(each, path ? `${path}.${index}` : String(index));
      });
    } else if (isObject(item)) {
      if (isBinary(item)) {
        const { binary, name, type, size } = item;
        if (fits(type)) found.push({ binary, node, path, name, type, size });
      } else {
        for (const [key, each] of Object.entries(item)) visit(each, path ? `${path}.${key}` : key);
      }
    }
  };
  visit(value, '');
  return found;
}

/** Every picture of a task once, where it was first given, in the order of the nodes. */
export function picturesOf(task: RawTask): Picture[] {
  const found = new Map<string, Picture>();
  for (const node of Object.values(task.nodes)) {
    for (const picture of picturesIn(node.out, node.id)) {
      if (!found.has(picture.binary)) found.set(picture.binary, picture);
    }
  }
  return [...found.values()];
}

/** What is first set side by side: a picture that came in, and one that went out and differs from it. */
export function firstPair(task: RawTask): { before: Picture; after: Picture } | null {
  const ofType = (type: string): Picture[] =>
    Object.values(task.nodes).flatMap((node) => (node.type === type ? picturesIn(node.out, node.id) : []));
  const all = picturesOf(task);
  const before = ofType('entry')[0] ?? all[0];
  if (!before) return null;
  const others = [...ofType('end'), ...all.toReversed()];
  const after = others.find((each) => each.binary !== before.binary);
  return after ? { before, after } : null;
}

/** The pictures that flow out of a node of the definition, of all its instances, each once; also what is shown small only. */
export function givenBy(task: RawTask, id: string): Picture[] {
  const found = new Map<string, Picture>();
  for (const [instance, node] of Object.entries(task.nodes)) {
    if ((node.node ?? instance) !== id) continue;
    for (const picture of picturesIn(node.out, instance, isDrawn)) {
      if (!found.has(picture.binary)) found.set(picture.binary, picture);
    }
  }
  return [...found.values()];
}

/**
 * What the nodes have found, each over the picture that the node had as its input. A node without a picture whose boxes
 * another one has found in a picture tells more of the same boxes, and is set over that picture.
 */
export function detectionsOf(task: RawTask): Detection[] {
  const found: Detection[] = [];
  const homeless: Omit<Detection, 'picture'>[] = [];
  for (const [id, node] of Object.entries(task.nodes)) {
    const picture = picturesIn(node.type === 'entry' ? node.out : node.input, id)[0];
    for (const own of ownOf(id, node)) {
      if (picture) found.push({ ...own, picture });
      else if (own.side === 'out') homeless.push(own);
    }
  }
  const byCorners = new Map(found.flatMap((each) => each.boxes.map((box) => [cornersOf(box), each.picture])));
  for (const each of homeless) {
    const pictures = each.boxes.map((box) => byCorners.get(cornersOf(box)));
    const [picture] = pictures;
    if (picture && pictures.every((other) => other?.binary === picture.binary)) {
      found.push({ ...each, picture });
    }
  }
  return found.filter((each) => each.side === 'out' || !isTold(each, found));
}

/** What a node has found and what it was given, where there are marks in it; the out of an end is its input. */
function ownOf(id: string, node: RawNode): Omit<Detection, 'picture'>[] {
  const sides = node.type === 'end' ? (['out'] as const) : (['out', 'input'] as const);
  return sides
    .map((side) => ({ node: id, side, ...marksIn(node[side] ?? null) }))
    .filter(({ boxes, points }) => boxes.length + points.length > 0);
}

/** Whether what a node was given has been told by the out of another one, over the same picture. */
function isTold(given: Detection, all: Detection[]): boolean {
  const told = all.filter((each) => each.side === 'out' && each.picture.binary === given.picture.binary);
  const corners = new Set(told.flatMap((each) => each.boxes.map(cornersOf)));
  return given.points.length === 0 && given.boxes.every((box) => corners.has(cornersOf(box)));
}

function cornersOf(box: { left: number; top: number; right: number; bottom: number }): string {
  return [box.left, box.top, box.right, box.bottom].join(' ');
}

/** What to look at first: of what was found in the picture that is first looked into, what says what it is. */
export function firstDetection(found: Detection[]): Detection | null {
  const told = found.filter((each) => each.side === 'out');
  const first = told[0] ?? found[0];
  const isSaid = (each: Detection): boolean =>
    each.boxes.some((box) => box.score !== null || box.label !== '');
  const onFirst = told.filter((each) => each.picture.binary === first?.picture.binary);
  return onFirst.find(isSaid) ?? first ?? null;
}

/** The id of each node of a definition, by the key that edges name it by. */
export function idsByKey(definition: Definition): Map<NodeKey, string> {
  return new Map(placed(definition).map(({ key, node }) => [key, idOf(node)]));
}

/**
 * How many instances a task has at least, as far as is known: a body's node counts once for each item of its loop. Without
 * a graph each loop counts its items once.
 */
export function countOf(live: Live, graph: Graph | null): number {
  if (!graph) {
    const counts = [...live.nodes.values()].map(({ instances, total }) =>
      Math.max(instances.size, total ?? 0, 1),
    );
    return counts.reduce((sum, each) => sum + each, 0);
  }
  const totals = new Map<NodeKey, number>();
  let sum = 0;
  for (const node of graph.nodes) {
    if (node.kind === 'loopEnd' || node.kind === 'missing') continue;
    const known = live.nodes.get(node.id);
    const around = node.parent === null ? 1 : (totals.get(node.parent) ?? 1);
    if (node.kind === 'loop') totals.set(node.key, (known?.total ?? 1) * around);
    sum += Math.max(known?.instances.size ?? 0, around);
  }
  return sum;
}
