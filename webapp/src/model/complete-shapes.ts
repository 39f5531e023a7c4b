/** Shapes: what is known of the fields of a value, told by a JSON Schema, by an example, or by where it comes from. */

import { type Json, type JsonObject, isObject, texts } from './definition';

/** What is known of a value. `detail` is its type, empty where that is not known; `fields` what paths find in it. */
export interface Shape {
  detail: string;
  fields: Map<string, Shape>;
}

/** How deep fields are told: a description may lead into itself. */
export const DEPTH = 4;

/** What of a list is shown: its first item. */
const FIRST = '0';

const NUMBERED = /^\^([\w-]*)(?:\[0-9\]|\\d)\+\$$/;

export const BINARY = 'binary';

export function shape(detail = '', fields: Iterable<[string, Shape]> = []): Shape {
  return { detail, fields: new Map(fields) };
}

/** The fields of several values in one; what comes later wins. */
export function joined(shapes: Shape[]): Shape {
  return shape(
    'object',
    shapes.flatMap((each) => [...each.fields]),
  );
}

/** The shape of what a client sends, by the three forms of an entry's `body`. */
export function ofBody(body: Json): Shape {
  const names = typeof body === 'string' ? [body] : texts(body);
  if (names.length)
    return shape(
      'object',
      names.map((name) => [name, shape(BINARY)]),
    );
  return isObject(body) ? ofExample(body) : shape();
}

export function ofExample(example: Json, depth = DEPTH): Shape {
  if (isObject(example) && depth > 0) {
    const fields = Object.entries(example).map(([name, value]): [string, Shape] => [
      name,
      ofExample(value, depth - 1),
    ]);
    return shape('object', fields);
  }
  if (Array.isArray(example)) {
    const [first] = example;
    const isKnown = first !== undefined && depth > 0;
    return shape('array', isKnown ? [[FIRST, ofExample(first, depth - 1)]] : []);
  }
  return shape(example === null ? '' : typeof example);
}

/** The shape that a JSON Schema tells of. It comes from outside: what is malformed in it tells nothing. */
export function ofSchema(schema: Json, root: Json = schema, depth = DEPTH): Shape {
  const found = isObject(schema) ? resolved(schema, root) : {};
  if (depth === 0) return shape(kind(found));
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) =>
    Array.isArray(found[name]) ? found[name].map((part) => ofSchema(part, root, depth)) : [],
  );
  const fields = [...parts.flatMap((part) => [...part.fields]), ...fieldsOf(found, root, depth)];
  return shape(kind(found), fields);
}

function fieldsOf(schema: JsonObject, root: Json, depth: number): [string, Shape][] {
  const inner = (value: Json): Shape => ofSchema(value, root, depth - 1);
  const fields: [string, Shape][] = [];
  const { properties, patternProperties, items, prefixItems } = schema;
  if (isObject(properties)) {
    for (const [name, value] of Object.entries(properties)) fields.push([name, inner(value)]);
  }
  if (isObject(patternProperties)) {
    for (const [pattern, value] of Object.entries(patternProperties)) {
      const start = NUMBERED.exec(pattern)?.[1];
      if (start !== undefined) for (const number of [0, 1]) fields.push([`${start}${number}`, inner(value)]);
    }
  }
  const first = Array.isArray(prefixItems) ? prefixItems[0] : items;
  if (isObject(first)) fields.push([FIRST, inner(first)]);
  return fields;
}

/** The schema that references lead to, within the same document. */
function resolved(schema: JsonObject, root: Json): JsonObject {
  let found = schema;
  for (let steps = 0; steps < 10; steps += 1) {
    const reference = found['$ref'];
    if (typeof reference !== 'string') return found;
    const definitions = isObject(root) ? root['$defs'] : undefined;
    const next = isObject(definitions) ? definitions[reference.replace('#/$defs/', '')] : undefined;
    if (!isObject(next)) return found;
    found = next;
  }
  return found;
}

function kind(schema: JsonObject): string {
  if (schema['format'] === BINARY) return BINARY;
  if (typeof schema['type'] === 'string') return schema['type'];
  return ['anyOf', 'oneOf'].some((name) => Array.isArray(schema[name])) ? 'any of several' : '';
}

/** The shape at the end of keys; null where nothing is known of them. A key may hold dots. */
export function at(found: Shape, keys: string[]): Shape | null {
  if (keys.length === 0) return found;
  for (let count = 1; count <= keys.length; count += 1) {
    const inner = found.fields.get(keys.slice(0, count).join('.'));
    const end = inner && at(inner, keys.slice(count));
    if (end) return end;
  }
  return null;
}

/** All paths into a shape, with the types of what they lead to, an outer one before what is in it. */
export function pathsInto({ fields }: Shape, depth = DEPTH): [string, string][] {
  if (depth === 0) return [];
  return [...fields].flatMap(([name, inner]) => [
    [name, inner.detail] as [string, string],
    ...pathsInto(inner, depth - 1).map(([path, detail]): [string, string] => [`${name}.${path}`, detail]),
  ]);
}
