/** Paths, `node.out.key`: what may be written, from what services declare, and which nodes a path reads. */

import {
  type Definition,
  type Json,
  type JsonObject,
  type NodeKey,
  type Placed,
  idOf,
  isObject,
  placed,
  texts,
  typeOf,
} from './definition';

/** A path that may be written; `detail` is the type of what it leads to, where that is known. */
export interface Suggestion {
  path: string;
  detail: string;
}

/** The JSON Schema of what an operation gives, by its route. */
export type Results = ReadonlyMap<string, JsonObject>;

const DEPTH = 4;

/** The path with another id in the place of one. */
export function renamedPath(path: string, old: string, id: string): string {
  for (const before of ['', 'loop.']) {
    const start = before + old;
    if (path === start || path.startsWith(`${start}.`)) return before + id + path.slice(start.length);
  }
  return path;
}

/** The id of the node that a path reads; null where it reads the node itself or the pipeline. */
export function sourceOf(path: string): string | null {
  const [first, second] = path.split('.');
  if (first === 'loop') return second ?? null;
  return first === undefined || first === 'node' || first === 'pipeline' ? null : first;
}

/** All paths that may be written in the fields of a node, those of the nearest nodes first. */
export function suggestions(definition: Definition, key: NodeKey, results: Results): Suggestion[] {
  const all = placed(definition);
  const here = all.find((each) => each.key === key);
  if (!here) return [];
  const levels = levelsAround(all, here);
  const found: Suggestion[] = [];
  for (const other of all) {
    const depth = levels.indexOf(other.level);
    if (depth < 0 || levels.includes(other.key)) continue;
    const inBody = depth === 0 && here.level !== null;
    if (other.key !== key) found.push(...outs(other, inBody ? 'loop.' : '', results));
  }
  if (here.level !== null) found.push({ path: 'node._loop', detail: '' });
  const params = here.node['params'];
  if (isObject(params)) {
    for (const [name, value] of Object.entries(params))
      found.push({ path: `node.params.${name}`, detail: kind(value) });
  }
  return found;
}

/** The levels that a node can read, its own first: a level is named by the loop around it. */
function levelsAround(all: Placed[], here: Placed): (NodeKey | null)[] {
  const levels: (NodeKey | null)[] = [here.level];
  for (let level = here.level; level !== null;) {
    const around = level;
    level = all.find((each) => each.key === around)?.level ?? null;
    levels.push(level);
  }
  return levels;
}

function outs({ node }: Placed, before: string, results: Results): Suggestion[] {
  const start = `${before}${idOf(node)}.out`;
  const declared = outOf(node, results);
  return declared.length
    ? declared.map(({ path, detail }) => ({ path: `${start}.${path}`, detail }))
    : [{ path: start, detail: '' }];
}

/** What is known of a node's `out`, as paths below it. */
function outOf(node: JsonObject, results: Results): Suggestion[] {
  switch (typeOf(node)) {
    case 'entry':
      return ofBody(isObject(node['api']) ? (node['api']['body'] ?? null) : null);
    case 'service': {
      const schema = typeof node['service'] === 'string' ? results.get(node['service']) : undefined;
      return schema ? ofSchema(schema, schema, DEPTH) : [];
    }
    case 'loop':
      return isObject(node['collect'])
        ? Object.keys(node['collect']).map((name) => ({ path: `${name}0`, detail: '' }))
        : [];
    case 'node':
      return isObject(node['input']) ? Object.keys(node['input']).map((path) => ({ path, detail: '' })) : [];
    default:
      return [];
  }
}

function ofBody(body: Json): Suggestion[] {
  if (typeof body === 'string') return [{ path: body, detail: 'binary' }];
  if (Array.isArray(body)) return texts(body).map((path) => ({ path, detail: 'binary' }));
  return isObject(body) ? ofExample(body, DEPTH) : [];
}

function ofExample(example: JsonObject, depth: number): Suggestion[] {
  return Object.entries(example).flatMap(([name, value]) => [
    { path: name, detail: kind(value) },
    ...(isObject(value) && depth > 0 ? below(name, ofExample(value, depth - 1)) : []),
  ]);
}

function ofSchema(schema: JsonObject, root: JsonObject, depth: number): Suggestion[] {
  const properties = resolved(schema, root)['properties'];
  if (!isObject(properties) || depth === 0) return [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const inner = isObject(value) ? resolved(value, root) : {};
    return [{ path: name, detail: schemaKind(inner) }, ...below(name, ofSchema(inner, root, depth - 1))];
  });
}

function below(name: string, inner: Suggestion[]): Suggestion[] {
  return inner.map(({ path, detail }) => ({ path: `${name}.${path}`, detail }));
}

/** The schema that a reference leads to; one step, as pydantic writes them. */
function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const definitions = root['$defs'];
  const found = isObject(definitions) ? definitions[reference.replace('#/$defs/', '')] : undefined;
  return isObject(found) ? found : schema;
}

function schemaKind(schema: JsonObject): string {
  if (schema['format'] === 'binary') return 'binary';
  if (typeof schema['type'] === 'string') return schema['type'];
  return Array.isArray(schema['anyOf']) ? 'any of several' : '';
}

function kind(value: Json): string {
  if (value === null) return '';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
