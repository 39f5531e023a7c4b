/** What may be written: the paths and the names of code that a node can use, the nearest first. */

import { LANGUAGE_WORDS, NODE_FIELDS, assigned, isName } from './complete-code';
import { type Known, NOTHING_KNOWN, Outs, codesOf } from './complete-outs';
import { type Shape, ofExample, pathsInto } from './complete-shapes';
import { type Definition, type NodeKey, type Placed, idOf, isObject, typeOf } from './definition';
import type { Suggestion } from './paths';

export { type Known, NOTHING_KNOWN, knownOf } from './complete-outs';

/** More are of no use to anybody. */
const MOST = 2_000;

const read = new WeakMap<Definition, { known: Known; outs: Outs }>();

/** A definition is read once for all that is asked of it. */
function outsOf(definition: Definition, known: Known): Outs {
  const held = read.get(definition);
  if (held?.known === known) return held.outs;
  const outs = new Outs(definition, known);
  read.set(definition, { known, outs });
  return outs;
}

/** Which field the path stands in: `collect` of a loop reads the nodes of its body. */
export type Place = 'input' | 'collect';

interface Source {
  of: Placed;
  /** On the level of the reader, in a body. */
  inBody: boolean;
  /** Nothing leads from it to the reader, so it may not have run by then. */
  later: boolean;
}

/**
 * All paths that may be written in a field of a node: what the nodes before it give, the nearest first; then what it has
 * itself; then the rest, marked `later`. In the body of a loop its own nodes are named `loop.X`.
 */
export function suggestions(
  definition: Definition,
  key: NodeKey,
  known: Known = NOTHING_KNOWN,
  place: Place = 'input',
): Suggestion[] {
  const outs = outsOf(definition, known);
  const here = outs.find(key);
  if (!here) return [];
  if (place === 'collect') {
    const body = outs.all.filter((each) => each.level === key);
    return body.flatMap((of) => outOf(outs, { of, inBody: false, later: false }, '')).slice(0, MOST);
  }
  const sources = sourcesFor(outs, here);
  const written = (source: Source): Suggestion[] => outOf(outs, source, source.inBody ? 'loop.' : '');
  const first = sources.filter(({ later }) => !later);
  const all = [
    ...first.flatMap(written),
    ...itself(outs, here),
    ...pipelineFields(outs),
    ...first.flatMap(({ of, inBody }) =>
      fields(`${inBody ? 'loop.' : ''}${idOf(of.node)}.params`, ofExample(of.node['params'] ?? null)),
    ),
    ...sources.filter(({ later }) => later).flatMap(written),
  ];
  return all.slice(0, MOST);
}

/** All names that code of a node may begin with, and what is behind them, written by attribute. */
export function codeSuggestions(
  definition: Definition,
  key: NodeKey,
  known: Known = NOTHING_KNOWN,
): Suggestion[] {
  const outs = outsOf(definition, known);
  const here = outs.find(key);
  if (!here) return [];
  const nodes = sourcesFor(outs, here).filter(({ of }) => isName(idOf(of.node)));
  const all = [
    named('input', 'object'),
    ...fields('input', outs.input(here)),
    named('node', 'node'),
    ...NODE_FIELDS.map((name) => named(`node.${name}`, '')),
    ...fields('node.out', outs.out(here)),
    ...itself(outs, here),
    named('pipeline', ''),
    named('pipeline.nodes', 'object'),
    ...pipelineFields(outs),
    ...nodes.flatMap((source) => namesOf(outs, source)),
    ...LANGUAGE_WORDS.map(([path, detail]) => named(path, detail)),
  ];
  return all.filter(({ path }) => path.split('.').every(isCodeStep)).slice(0, MOST);
}

function isCodeStep(step: string): boolean {
  return isName(step);
}

function named(path: string, detail: string): Suggestion {
  return { path, detail };
}

function marked(found: Suggestion[], later: boolean): Suggestion[] {
  return later ? found.map((each) => ({ ...each, later })) : found;
}

function fields(start: string, found: Shape): Suggestion[] {
  return pathsInto(found).map(([path, detail]) => named(`${start}.${path}`, detail));
}

function outOf(outs: Outs, { of, later }: Source, before: string): Suggestion[] {
  const start = `${before}${idOf(of.node)}.out`;
  const found = outs.out(of);
  return marked([named(start, found.detail), ...fields(start, found)], later);
}

function namesOf(outs: Outs, { of, later }: Source): Suggestion[] {
  const id = idOf(of.node);
  const own = [
    named(id, 'node'),
    ...NODE_FIELDS.map((name) => named(`${id}.${name}`, '')),
    ...fields(`${id}.out`, outs.out(of)),
    ...fields(`${id}.params`, ofExample(of.node['params'] ?? null)),
  ];
  return marked(own, later);
}

function itself(outs: Outs, here: Placed): Suggestion[] {
  const item = here.level === null ? null : outs.item(here.level);
  return [
    ...(item ? [named('node._loop', item.detail), ...fields('node._loop', item)] : []),
    ...fields('node.params', ofExample(here.node['params'] ?? null)),
  ];
}

/** What code anywhere sets on the pipeline. */
function pipelineFields(outs: Outs): Suggestion[] {
  const names = outs.all.flatMap(({ node }) =>
    codesOf(node).flatMap((code) => assigned(code, 'pipeline').names),
  );
  return [...new Set(names)].map((name) => named(`pipeline.${name}`, ''));
}

/** The nodes that a node can name: those before it by their distance, level by level outwards, then the others. */
function sourcesFor(outs: Outs, here: Placed): Source[] {
  const levels = outs.levelsAround(here.level);
  const before: Source[] = [];
  let reader: Placed | undefined = here;
  for (const level of levels) {
    const inBody = level === here.level && level !== null;
    if (reader) for (const of of ancestors(outs, reader)) before.push({ of, inBody, later: false });
    reader = outs.find(level);
  }
  const taken = new Set([here.key, ...levels, ...before.map(({ of }) => of.key)]);
  const rest = outs.all.filter((each) => levels.includes(each.level) && !taken.has(each.key));
  const isUseful = (of: Placed): boolean => idOf(of.node) !== '' && typeOf(of.node) !== 'end';
  const others = rest.map((of) => ({
    of,
    inBody: of.level === here.level && of.level !== null,
    later: true,
  }));
  return [...before, ...others].filter(({ of }) => isUseful(of));
}

/** The nodes from which a way leads to one, on its level, the nearest first, without itself. */
function ancestors(outs: Outs, of: Placed): Placed[] {
  const found: Placed[] = [];
  const seen = new Set([of.key]);
  let ring = [of];
  while (ring.length) {
    ring = ring
      .flatMap((each) => outs.predecessors(each))
      .filter(({ key }) => {
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
    found.push(...ring);
  }
  return found;
}

/** The keys of a submission that a service wants and an input does not have yet. */
export function missingInputs(wanted: Definition['nodes'][number], given: unknown): string[] {
  const names =
    typeof wanted === 'string' ? [wanted] : Array.isArray(wanted) ? wanted : Object.keys(wanted ?? {});
  const held = isObject(given) ? given : {};
  return names.filter((name): name is string => typeof name === 'string' && !(name in held));
}
