/** The form of a submission, made from the `body` of an entry: which fields there are, and what is sent. */

import { type Json, type JsonObject, isObject } from './definition';

/** What a value is, as its example shows: `list` has items of one shape, `json` is anything else, written as JSON. */
export type Shape =
  | { kind: 'text' | 'number' | 'boolean'; example: Json }
  | { kind: 'json'; example: Json }
  | { kind: 'object'; example: JsonObject; fields: [string, Shape][] }
  | { kind: 'list'; example: Json[]; item: Shape };

/** A field: a part of a multipart body (a file, or JSON), or a value of a JSON body. */
export type Field = { name: string; kind: 'part' } | { name: string; kind: 'value'; shape: Shape };

/**
 * A value as it was filled in: a text (of a number and of JSON too), the state of a box, a file, those of an object or a
 * list. A part is null while no file was chosen, and a text where JSON is sent in its place.
 */
export type Draft = string | boolean | File | null | Draft[] | { [key: string]: Draft };

/** What is wrong, at a JSON pointer (RFC 6901) into the body. */
export interface Fault {
  pointer: string;
  /** A key of the translations. */
  reason: 'missing' | 'number' | 'large' | 'json' | 'shape' | 'changed';
}

export function fieldsOf(body: Json): Field[] {
  if (typeof body === 'string') return [part(body)];
  if (Array.isArray(body)) return body.filter((name) => typeof name === 'string').map(part);
  if (!isObject(body)) return [];
  return Object.entries(body).map(([name, example]) => ({ name, kind: 'value', shape: shapeOf(example) }));
}

function part(name: string): Field {
  return { name, kind: 'part' };
}

/** The shape of an example. A list whose items are of several shapes, and what may hold anything, are written as JSON. */
export function shapeOf(example: Json): Shape {
  if (typeof example === 'string') return { kind: 'text', example };
  if (typeof example === 'number') return { kind: 'number', example };
  if (typeof example === 'boolean') return { kind: 'boolean', example };
  if (Array.isArray(example)) {
    const [first, ...others] = example.map(shapeOf);
    if (first && others.every((other) => isSame(first, other))) return { kind: 'list', example, item: first };
  } else if (isObject(example) && Object.keys(example).length > 0) {
    const fields = Object.entries(example).map(([key, value]): [string, Shape] => [key, shapeOf(value)]);
    return { kind: 'object', example, fields };
  }
  return { kind: 'json', example };
}

function isSame(one: Shape, other: Shape): boolean {
  if (one.kind === 'object' && other.kind === 'object') {
    const shapes = new Map(other.fields);
    return (
      one.fields.length === other.fields.length &&
      one.fields.every(([key, shape]) => {
        const same = shapes.get(key);
        return same !== undefined && isSame(shape, same);
      })
    );
  }
  if (one.kind === 'list' && other.kind === 'list') return isSame(one.item, other.item);
  // Two examples of anything are as good as one only where they are the same.
  if (one.kind === 'json') return JSON.stringify(one.example) === JSON.stringify(other.example);
  return one.kind === other.kind;
}

/** What a field shows before anything was entered. A part is a file, unless its name says that it is none. */
export function initial(field: Field): Draft {
  if (field.kind === 'part') return JSON_NAMES.test(field.name) ? '' : null;
  return draftOf(field.shape, field.shape.example);
}

/** A value of a shape, ready to be changed. */
export function draftOf(shape: Shape, value: Json): Draft {
  if (shape.kind === 'object' && isObject(value)) {
    return Object.fromEntries(
      shape.fields.map(([key, inner]) => [key, draftOf(inner, value[key] ?? inner.example)]),
    );
  }
  if (shape.kind === 'list' && Array.isArray(value)) return value.map((item) => draftOf(shape.item, item));
  if (shape.kind === 'boolean') return value === true;
  return typeof value === 'string' && shape.kind === 'text' ? value : JSON.stringify(value, null, 1);
}

/** What a new item of a list shows. */
export function newItem(shape: Shape): Draft {
  return draftOf(shape, shape.example);
}

/** Whether a draft that was kept is still one of this field: its entry may have changed in the meantime. */
export function isDraftOf(field: Field, draft: Draft): boolean {
  if (field.kind === 'part') return draft === null || typeof draft === 'string' || draft instanceof File;
  return isOf(field.shape, draft);
}

function isOf(shape: Shape, draft: Draft): boolean {
  if (shape.kind === 'list') return Array.isArray(draft) && draft.every((item) => isOf(shape.item, item));
  if (shape.kind === 'boolean') return typeof draft === 'boolean';
  if (shape.kind !== 'object') return typeof draft === 'string';
  if (!isDrafts(draft)) return false;
  const keys = Object.keys(draft);
  return (
    keys.length === shape.fields.length &&
    shape.fields.every(([key, inner]) => isOf(inner, draft[key] ?? null))
  );
}

function isDrafts(draft: Draft): draft is { [key: string]: Draft } {
  return typeof draft === 'object' && draft !== null && !Array.isArray(draft) && !(draft instanceof File);
}

export type Sent =
  { kind: 'json'; value: JsonObject } | { kind: 'form'; parts: [string, File | JsonObject][] };

/**
 * What is to be sent, or what is wrong with what was entered. A part that is no file is sent as JSON, whose keys the
 * engine takes over; a value that is no object is sent under the name of the field.
 */
export function sentOf(fields: Field[], drafts: Record<string, Draft>): Sent | Fault[] {
  const faults: Fault[] = [];
  const parts: [string, File | JsonObject][] = [];
  const values: [string, Json][] = [];
  for (const field of fields) {
    const draft = drafts[field.name] ?? null;
    const pointer = below('', field.name);
    if (field.kind === 'value') values.push([field.name, valueOf(field.shape, draft, pointer, faults)]);
    else if (draft instanceof File) parts.push([field.name, draft]);
    else if (typeof draft !== 'string') faults.push({ pointer, reason: 'missing' });
    else {
      const value = parsed(draft, pointer, faults);
      parts.push([field.name, isObject(value) ? value : { [field.name]: value }]);
    }
  }
  if (faults.length) return faults;
  if (fields.some((field) => field.kind === 'part')) return { kind: 'form', parts };
  return { kind: 'json', value: Object.fromEntries(values) };
}

/** The body of a request. */
export function bodyOf(sent: Sent): FormData | string {
  if (sent.kind === 'json') return JSON.stringify(sent.value);
  const form = new FormData();
  for (const [name, value] of sent.parts) {
    form.append(name, value instanceof File ? value : jsonPart(value), ...nameOf(value, name));
  }
  return form;
}

function jsonPart(value: JsonObject): Blob {
  return new Blob([JSON.stringify(value)], { type: 'application/json' });
}

function nameOf(value: File | JsonObject, name: string): [] | [string] {
  return value instanceof File ? [] : [`${name}.json`];
}

/** A pointer to a key below another pointer. */
export function below(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function valueOf(shape: Shape, draft: Draft, pointer: string, faults: Fault[]): Json {
  if (shape.kind === 'list' && Array.isArray(draft)) {
    return draft.map((item, index) => valueOf(shape.item, item, below(pointer, index), faults));
  }
  if (shape.kind === 'object' && isDrafts(draft)) {
    const values = shape.fields.map(([key, inner]): [string, Json] => [
      key,
      valueOf(inner, draft[key] ?? null, below(pointer, key), faults),
    ]);
    return Object.fromEntries(values);
  }
  if (shape.kind === 'boolean') return draft === true;
  if (typeof draft === 'string') return textOf(shape, draft, pointer, faults);
  faults.push({ pointer, reason: 'missing' });
  return null;
}

/** The value of what is entered as a text. */
function textOf(shape: Shape, text: string, pointer: string, faults: Fault[]): Json {
  if (shape.kind === 'text') return text;
  const reason = shape.kind === 'number' ? numberFault(text) : null;
  if (reason) faults.push({ pointer, reason });
  if (shape.kind === 'number') return reason ? null : Number(text);
  const count = faults.length;
  const value = parsed(text, pointer, faults);
  if (faults.length === count && !fits(shape.example, value)) faults.push({ pointer, reason: 'shape' });
  return value;
}

/** JavaScript has no integers beyond 2^53: such a number would arrive as another one. */
function numberFault(text: string): 'number' | 'large' | null {
  if (!isNumber(text)) return 'number';
  return /[.eE]/.test(text) || Number.isSafeInteger(Number(text)) ? null : 'large';
}

function isNumber(text: string): boolean {
  return /^\s*-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\s*$/.test(text);
}

function parsed(text: string, pointer: string, faults: Fault[]): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    faults.push({ pointer, reason: text.trim() ? 'json' : 'missing' });
    return null;
  }
}

/**
 * Whether a value has the shape of the example, by the engine's rules: all keys and no others, types as in the example,
 * an item of a list as one of its examples, `[]` any list, `{}` any object, `null` anything. Whether an integer is wanted
 * cannot be told here, where 1.0 and 1 are the same: the engine says it.
 */
export function fits(example: Json, value: Json): boolean {
  if (example === null) return true;
  if (Array.isArray(example)) {
    if (!Array.isArray(value)) return false;
    return example.length === 0 || value.every((each) => example.some((item) => fits(item, each)));
  }
  if (isObject(example)) {
    if (!isObject(value)) return false;
    const keys = Object.keys(example);
    if (keys.length === 0) return true;
    return (
      keys.length === Object.keys(value).length &&
      keys.every((key) => key in value && fits(example[key] as Json, value[key] as Json))
    );
  }
  return typeof example === typeof value;
}

const JSON_NAMES =
  /^(?:areas|boxes|config|data|digit|format|json|label|meta(?:data)?|options|params|settings)$/i;

/** Files put into the parts that are still free, in order; where there is one part alone, the file takes its place. */
export function withFiles(
  fields: Field[],
  drafts: Record<string, Draft>,
  files: File[],
): Record<string, Draft> {
  const parts = fields.filter((field) => field.kind === 'part');
  const free = parts.filter((field) => (drafts[field.name] ?? null) === null);
  const places = free.length === 0 && parts.length === 1 ? parts : free;
  return Object.fromEntries(
    places.flatMap((field, index) => {
      const given = files[index];
      return given ? [[field.name, given]] : [];
    }),
  );
}

/** Of the faults those that a field at a pointer shows; `whole`: also those inside of it, where no field of its own is. */
export function faultsAt<T extends { pointer?: string }>(faults: T[], pointer: string, whole: boolean): T[] {
  return faults.filter(
    (each) => each.pointer === pointer || (whole && (each.pointer ?? '').startsWith(`${pointer}/`)),
  );
}
