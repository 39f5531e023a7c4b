/** What the nodes of a pipeline give, as far as it is known: by what services declare, by inputs, by code. */

import { assigned } from './complete-code';
import { BINARY, type Shape, at, joined, ofBody, ofExample, ofSchema, shape } from './complete-shapes';
import {
  type Definition,
  type Json,
  type JsonObject,
  type NodeKey,
  type Placed,
  idOf,
  isObject,
  placed,
  typeOf,
} from './definition';
import { waysOf } from './graph';
import { groupBy } from './grouping';
import type { Service } from './wire';

/** What the page knows of the operations: what they give, by route and by address, and the pipelines by route. */
export interface Known {
  results: ReadonlyMap<string, Json>;
  pipelines: ReadonlyMap<string, Definition>;
}

export const NOTHING_KNOWN: Known = { results: new Map(), pipelines: new Map() };

/** How deep pipelines that call each other are looked into. */
const CALLS = 3;

/** How far a way back through nodes without an input is followed at once. */
const LONGEST = 200;

export function knownOf(services: Service[]): Known {
  const results = new Map<string, Json>();
  const pipelines = new Map<string, Definition>();
  for (const { type, nodes, state, api } of services) {
    if (type === 'pipeline') pipelines.set(state.route, { type: 'pipeline', nodes });
    else if (api?.result) {
      results.set(state.route, api.result);
      for (const { url } of state.instances ?? []) results.set(url, api.result);
    }
  }
  return { results, pipelines };
}

/** All strings of code of a node. */
export function codesOf(node: JsonObject): string[] {
  const sides = [node['then'], node['else']].map((side) => (isObject(side) ? side['exec'] : side));
  return [node['before'], node['after'], ...sides].filter((code): code is string => typeof code === 'string');
}

/** Reads one definition. Each node is looked at once; one that is asked for while it is looked at tells nothing. */
export class Outs {
  readonly all: Placed[];
  private readonly byKey: ReadonlyMap<NodeKey, Placed>;
  private readonly byId: ReadonlyMap<string, Placed[]>;
  private readonly before: ReadonlyMap<string, Placed[]>;
  private readonly outs = new Map<NodeKey, Shape>();
  private readonly open = new Set<NodeKey>();

  constructor(
    definition: Definition,
    private readonly known: Known = NOTHING_KNOWN,
    private readonly calls = CALLS,
  ) {
    this.all = placed(definition);
    this.byKey = new Map(this.all.map((each) => [each.key, each]));
    this.byId = groupBy(this.all, ({ node }) => idOf(node));
    this.before = leading(this.all);
    // What stands first is mostly what comes first: no way is followed far then.
    for (const each of this.all) this.out(each);
  }

  find(key: NodeKey | null): Placed | undefined {
    return key === null ? undefined : this.byKey.get(key);
  }

  /** The levels that a node on a level can read, that one first: a level is named by the loop around it. */
  levelsAround(level: NodeKey | null): (NodeKey | null)[] {
    const levels: (NodeKey | null)[] = [level];
    for (let inner = level; inner !== null;) {
      const around = inner;
      inner = this.byKey.get(around)?.level ?? null;
      levels.push(inner);
    }
    return levels;
  }

  /** The nodes that lead to one directly, on its level. */
  predecessors(of: Placed): Placed[] {
    return this.before.get(nameOn(of.level, idOf(of.node))) ?? [];
  }

  out(of: Placed): Shape {
    const found = this.outs.get(of.key);
    if (found) return found;
    if (this.open.has(of.key) || this.open.size > LONGEST) return shape();
    this.open.add(of.key);
    const given = changed(this.given(of), of.node['after'], 'node.out');
    this.open.delete(of.key);
    this.outs.set(of.key, given);
    return given;
  }

  input(of: Placed): Shape {
    const { node } = of;
    const given = isObject(node['input'])
      ? this.directive(node['input'], of)
      : joined(this.predecessors(of).map((each) => this.out(each)));
    return changed(changed(given, node['before'], 'input'), node['before'], 'node.input');
  }

  /** The item of the body that a node is in. */
  item(level: NodeKey): Shape {
    const loop = this.byKey.get(level);
    const items =
      loop && typeof loop.node['items'] === 'string' ? this.resolve(loop.node['items'], loop) : null;
    return items?.fields.get('0') ?? shape();
  }

  /** What a path leads to, read by a node; null where nothing is known of it. */
  resolve(path: string, reader: Placed): Shape | null {
    const [first = '', ...rest] = path.split('.');
    if (first === 'node') return this.field(reader, rest);
    if (first === 'loop') return this.named(rest[0], rest.slice(1), reader.level);
    if (first === 'pipeline')
      return rest[0] === 'nodes' ? this.named(rest[1], rest.slice(2), reader.level) : null;
    return this.named(first, rest, reader.level);
  }

  private named(id: string | undefined, rest: string[], level: NodeKey | null): Shape | null {
    const levels = this.levelsAround(level);
    const found = this.byId.get(id ?? '')?.find((each) => levels.includes(each.level));
    return found ? this.field(found, rest) : null;
  }

  private field(of: Placed, [name, ...keys]: string[]): Shape | null {
    if (name === 'out') return at(this.out(of), keys);
    if (name === 'input') return at(this.input(of), keys);
    if (name === 'params') return at(ofExample(of.node['params'] ?? {}), keys);
    return name === '_loop' && of.level !== null ? at(this.item(of.level), keys) : null;
  }

  private directive(paths: JsonObject, reader: Placed): Shape {
    const found = (path: Json): Shape =>
      (typeof path === 'string' ? this.resolve(path, reader) : null) ?? shape();
    return shape(
      'object',
      Object.entries(paths).map(([name, path]) => [name, found(path)]),
    );
  }

  private given(of: Placed): Shape {
    switch (typeOf(of.node)) {
      case 'entry':
        return ofBody(isObject(of.node['api']) ? (of.node['api']['body'] ?? null) : null);
      case 'service':
        return this.called(of.node);
      case 'http':
        return shape('object', [
          ['value', shape()],
          ['raw', shape(BINARY)],
        ]);
      case 'branch':
        return joined([of.node['then'], of.node['else']].map((side) => this.side(side, of)));
      case 'loop':
        return this.collected(of);
      default:
        return this.input(of);
    }
  }

  private called(node: JsonObject): Shape {
    for (const name of [node['service'], node['url']]) {
      if (typeof name !== 'string') continue;
      const schema = this.known.results.get(name);
      if (schema !== undefined) return ofSchema(schema);
      const pipeline = this.calls > 0 ? this.known.pipelines.get(name) : undefined;
      if (!pipeline) continue;
      const inner = new Outs(pipeline, this.known, this.calls - 1);
      const end = inner.all.find((each) => typeOf(each.node) === 'end');
      if (end) return inner.out(end);
    }
    return shape();
  }

  private side(side: Json | undefined, of: Placed): Shape {
    const out = isObject(side) ? side['out'] : undefined;
    const given = isObject(out) ? this.directive(out, of) : this.input(of);
    return changed(given, isObject(side) ? side['exec'] : side, 'node.out');
  }

  /** `{"name0": ..., "name1": ...}`: the first two stand for all. */
  private collected(of: Placed): Shape {
    const collect = isObject(of.node['collect']) ? of.node['collect'] : {};
    const reader: Placed = { key: '', level: of.key, node: {} };
    const one = [...this.directive(collect, reader).fields];
    return shape(
      'object',
      one.flatMap(([name, inner]): [string, Shape][] => [
        [`${name}0`, inner],
        [`${name}1`, inner],
      ]),
    );
  }
}

/** An id on a level, as one text. */
function nameOn(level: NodeKey | null, id: string): string {
  return `${level ?? ''} ${id}`;
}

/** The nodes that lead to what they name, by the level and the id of that. */
function leading(all: Placed[]): Map<string, Placed[]> {
  const found = new Map<string, Placed[]>();
  for (const each of all) {
    const names = new Set(waysOf(each.node).flatMap((way) => way.next));
    for (const id of names) {
      const name = nameOn(each.level, id);
      const held = found.get(name);
      if (held) held.push(each);
      else found.set(name, [each]);
    }
  }
  return found;
}

/** A value after code has changed it. */
function changed(given: Shape, code: Json | undefined, target: string): Shape {
  if (typeof code !== 'string') return given;
  const { whole, names } = assigned(code, target);
  if (!whole && names.length === 0) return given;
  const set = names.map((name): [string, Shape] => [name, shape()]);
  return shape('object', whole ? set : [...given.fields, ...set]);
}
