/** The form of a submission, made from the `body` of an entry: which fields there are, and what is sent. */

import { type Json, type JsonObject, isObject } from './definition';

/** How a field is filled in: `file` is a part of a multipart body, the others are values of a JSON body. */
export type FieldKind = 'file' | 'text' | 'number' | 'boolean' | 'json';

export interface Field {
  name: string;
  kind: FieldKind;
  example: Json;
}

/** A value as it was filled in: a text, the state of a box, or a file. */
export type Entered = string | boolean | File | null;

export interface Fault {
  field: string;
  /** A key of the translations. */
  reason: 'missing' | 'number' | 'json' | 'shape';
}

export function fieldsOf(body: Json): Field[] {
  if (typeof body === 'string') return [file(body)];
  if (Array.isArray(body)) return body.filter((name) => typeof name === 'string').map(file);
  if (!isObject(body)) return [];
  return Object.entries(body).map(([name, example]) => ({ name, kind: kindOf(example), example }));
}

function file(name: string): Field {
  return { name, kind: 'file', example: null };
}

function kindOf(example: Json): FieldKind {
  if (typeof example === 'string') return 'text';
  if (typeof example === 'boolean') return 'boolean';
  if (typeof example === 'number') return 'number';
  return 'json';
}

/** What a field shows before anything was entered. */
export function initial(field: Field): Entered {
  if (field.kind === 'file') return null;
  if (field.kind === 'boolean') return field.example === true;
  return typeof field.example === 'string' ? field.example : JSON.stringify(field.example, null, 1);
}

/**
 * The body to send, or what is wrong with what was entered. A part that is no file is sent as JSON, which the engine
 * merges into the entry's out.
 */
export function bodyOf(fields: Field[], entered: Record<string, Entered>): FormData | JsonObject | Fault[] {
  const faults: Fault[] = [];
  const values: [Field, Json | File][] = [];
  for (const field of fields) {
    const found = valueOf(field, entered[field.name] ?? null);
    if (isFault(found)) faults.push(found);
    else values.push([field, found.value]);
  }
  if (faults.length) return faults;
  if (!fields.some((field) => field.kind === 'file')) {
    return Object.fromEntries(values.map(([field, value]) => [field.name, value as Json]));
  }
  const form = new FormData();
  for (const [field, value] of values)
    form.append(field.name, value instanceof File ? value : jsonPart(value));
  return form;
}

function jsonPart(value: Json): Blob {
  return new Blob([JSON.stringify(value)], { type: 'application/json' });
}

function isFault(found: Fault | { value: Json | File }): found is Fault {
  return 'reason' in found;
}

function valueOf(field: Field, entered: Entered): Fault | { value: Json | File } {
  const fault = (reason: Fault['reason']): Fault => ({ field: field.name, reason });
  if (entered instanceof File) return { value: entered };
  if (field.kind === 'boolean') return { value: entered === true };
  if (typeof entered !== 'string') return fault('missing');
  if (field.kind === 'text') return { value: entered };
  const value = parsed(entered);
  if (value === undefined) return fault(field.kind === 'file' ? 'json' : field.kind);
  if (field.kind === 'file') return isObject(value) ? { value } : fault('shape');
  if (field.kind === 'number' && typeof value !== 'number') return fault('number');
  return fits(field.example, value) ? { value } : fault('shape');
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
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
