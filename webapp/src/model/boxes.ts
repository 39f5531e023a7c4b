/**
 * Boxes and points in what a service gives, in pixels of the picture that it was given, as people see it (EXIF rotation
 * applied). Boxes are `[x1, y1, x2, y2]`: in lists (`answer` of a face detector, `areas`), or as the `box` of an object
 * that may say more (`label` and `score` of an object detector). Points are lists of `[x, y]` called `landmarks`.
 */

import { type Json, type JsonObject, isObject } from './definition';

export interface Box {
  /** Where it stands in the value: `objects.1.box`. */
  path: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** What it shows, in the service's words; empty where the service gives boxes alone. */
  label: string;
  /** 0 to 1; null where the service tells none. */
  score: number | null;
}

export interface Points {
  path: string;
  points: [number, number][];
}

export interface Marks {
  boxes: Box[];
  points: Points[];
}

/** Names under which a list of four numbers is a box even where its corners are swapped or outside of the picture. */
const BOX_NAMES = new Set(['box', 'boxes', 'areas', 'area', 'answer']);
const POINT_NAMES = new Set(['landmarks', 'keypoints']);
/** What an object beside its box is called by, the first that is there. */
const LABEL_KEYS = ['label', 'sentence', 'text', 'gender'];
const MOST = 1_000;

/** All boxes and points in a value, at most a thousand boxes: more could not be told apart. */
export function marksIn(value: Json): Marks {
  const marks: Marks = { boxes: [], points: [] };
  visit(value, [], { label: '', score: null }, marks);
  return marks;
}

interface About {
  label: string;
  score: number | null;
}

function visit(value: Json, keys: string[], about: About, into: Marks): void {
  if (into.boxes.length >= MOST) return;
  const name = nameOf(keys);
  if (Array.isArray(value)) {
    const points = POINT_NAMES.has(name) ? pointsOf(value) : null;
    if (points) into.points.push({ path: keys.join('.'), points });
    else if (isBox(value, name)) into.boxes.push(boxOf(value, keys.join('.'), about));
    else if (isList(value, name)) {
      value.forEach((item, index) => {
        visit(item, [...keys, String(index)], about, into);
      });
    }
  } else if (isObject(value)) {
    const inner = 'box' in value ? aboutOf(value, name) : about;
    for (const [key, item] of Object.entries(value)) visit(item, [...keys, key], inner, into);
  }
}

/** The last key that is no index. */
function nameOf(keys: string[]): string {
  return keys.findLast((key) => !/^[0-9]+$/.test(key)) ?? '';
}

function aboutOf(value: JsonObject, name: string): About {
  const said = LABEL_KEYS.map((key) => value[key]).find((each) => typeof each === 'string' && each !== '');
  const score = value['score'];
  const called = /^(?:boxes|objects|answer)$/.test(name) ? '' : name;
  return {
    label: typeof said === 'string' ? said : called,
    score: typeof score === 'number' && score >= 0 && score <= 1 ? score : null,
  };
}

type Four = [number, number, number, number];

function isFour(value: Json): value is Four {
  return Array.isArray(value) && value.length === 4 && value.every((each) => typeof each === 'number');
}

function isBox(value: Json[], name: string): value is Four {
  return isFour(value) && (BOX_NAMES.has(name) || isUpright(value));
}

function isUpright([x1, y1, x2, y2]: Four): boolean {
  return x1 >= 0 && y1 >= 0 && x1 < x2 && y1 < y2;
}

/** A list of lists holds boxes only if all of its items are: a matrix with one row that looks like a box does not. */
function isList(value: Json[], name: string): boolean {
  if (!value.some((item) => Array.isArray(item))) return true;
  return BOX_NAMES.has(name) ? value.every(isFour) : value.every((item) => isFour(item) && isUpright(item));
}

function boxOf([x1, y1, x2, y2]: Four, path: string, about: About): Box {
  return {
    path,
    left: Math.min(x1, x2),
    top: Math.min(y1, y2),
    right: Math.max(x1, x2),
    bottom: Math.max(y1, y2),
    ...about,
  };
}

function pointsOf(value: Json[]): [number, number][] | null {
  const isPoint = (each: Json): each is [number, number] =>
    Array.isArray(each) && each.length === 2 && each.every((part) => typeof part === 'number');
  return value.length > 0 && value.every(isPoint) ? value : null;
}

/** Whether any part of a box lies in a picture of this size. */
export function isInside(box: Box, size: { width: number; height: number }): boolean {
  return box.right > 0 && box.bottom > 0 && box.left < size.width && box.top < size.height;
}

/** The labels that there are, each once, in the order in which they come. */
export function labelsOf(boxes: Box[]): string[] {
  return [...new Set(boxes.map((box) => box.label))];
}
