/** Values within a node, by the keys that lead to them. */

import { type Json, type JsonObject, isObject } from '../../model/definition';

export type Place = readonly string[];

/** The value at a place; undefined where there is none. */
export function valueAt(value: Json | undefined, place: Place): Json | undefined {
  return place.reduce<Json | undefined>((held, key) => (isObject(held) ? held[key] : undefined), value);
}

/**
 * The object with another value at a place; `undefined` takes it out. A text on the way, which is a side of a branch, is its
 * `exec`.
 */
export function withAt(held: JsonObject, place: Place, value: Json | undefined): JsonObject {
  const [key, ...rest] = place;
  if (key === undefined) return held;
  if (rest.length) return { ...held, [key]: withAt(objectOf(held[key]), rest, value) };
  const entries = Object.entries({ ...held, [key]: value }).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}

function objectOf(value: Json | undefined): JsonObject {
  if (isObject(value)) return value;
  return typeof value === 'string' && value !== '' ? { exec: value } : {};
}

/** The object with one key called otherwise, in its old place. */
export function renamedKey(held: JsonObject, old: string, name: string): JsonObject {
  return Object.fromEntries(Object.entries(held).map(([key, value]) => [key === old ? name : key, value]));
}

/** A name that an object does not have yet. */
export function freeName(held: JsonObject, wish: string): string {
  if (!(wish in held)) return wish;
  for (let number = 2; ; number += 1) if (!(`${wish}${number}` in held)) return `${wish}${number}`;
}

export function isTexts(value: Json): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
