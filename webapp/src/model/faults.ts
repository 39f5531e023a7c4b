/** Which node, field and line the faults belong to that the engine finds. */

import { type Definition, type NodeKey, idOf, placed } from './definition';
import { groupBy } from './grouping';

/** A fault as the engine tells it: a JSON pointer into the definition, and a sentence. */
export interface EngineFault {
  pointer?: string;
  detail: string;
  line?: number;
}

/**
 * A fault at its place. `key` is null where it is one of the pipeline as a whole; `place` are the keys below the node, none
 * where it is one of the node as a whole; `pointer` is the same as a pointer; `line` is one of the code at that place.
 */
export interface NodeFault {
  key: NodeKey | null;
  field: string;
  place: string[];
  pointer: string;
  line: number | null;
  message: string;
}

const LINE = /^(?:`\w+`, )?line (\d+)(?:, column \d+)?: /;

/** The line of code that a sentence begins with; null where it names none. */
export function lineIn(sentence: string): number | null {
  const line = LINE.exec(sentence)?.[1];
  return line === undefined ? null : Number(line);
}

/** The steps of a JSON pointer, as texts. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The JSON pointer of some steps. */
export function pointerOf(steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Each fault with the node that it belongs to: the innermost one that its pointer leads into. */
export function faultsOf(definition: Definition, faults: readonly EngineFault[]): NodeFault[] {
  const keys = new Set(placed(definition).map(({ key }) => key));
  return faults.map((fault) => {
    const pointer = fault.pointer ?? '';
    const key = ownerOf(pointer, keys);
    const within = key === null ? pointer : pointer.slice(key.length);
    const place = stepsOf(within);
    const line = fault.line ?? lineIn(fault.detail);
    return { key, field: place[0] ?? '', place, pointer: within, line, message: fault.detail };
  });
}

function ownerOf(pointer: string, keys: ReadonlySet<NodeKey>): NodeKey | null {
  for (let start = pointer; start; start = start.slice(0, start.lastIndexOf('/'))) {
    if (keys.has(start)) return start;
  }
  return null;
}

/** The faults by node, those of the pipeline as a whole under null. */
export function faultsByNode(
  definition: Definition,
  faults: readonly EngineFault[],
): Map<NodeKey | null, NodeFault[]> {
  return groupBy(faultsOf(definition, faults), ({ key }) => key);
}

/** The faults at a place of a node or below it. */
export function faultsAt(faults: readonly NodeFault[], ...place: string[]): NodeFault[] {
  return faults.filter((fault) => place.every((step, index) => fault.place[index] === step));
}

const NODE = /^node ([A-Za-z0-9_-]+): (.*)$/s;
const ITEM = /^item [\d,]+: /;

/**
 * The place that the message of a failed task names: `node a: `after`, line 2: KeyError: 'm'`, through the items of loops
 * (`node each: item 3: node crop3: ...`) to the innermost node. Null where the message names no node of the definition.
 */
export function faultOfMessage(definition: Definition, message: string): NodeFault | null {
  const byId = new Map(placed(definition).map(({ key, node }) => [idOf(node), key]));
  let key: NodeKey | null = null;
  let rest = message;
  for (let found = NODE.exec(rest); found; found = NODE.exec(rest)) {
    const [, id = '', text = ''] = found;
    const inner = byId.get(id) ?? byId.get(id.replace(/\d+$/, ''));
    if (inner === undefined) break;
    key = inner;
    rest = text.replace(ITEM, '');
  }
  if (key === null) return null;
  const field = /^`(\w+)`[,:] /.exec(rest)?.[1];
  const place = field === undefined ? [] : [field];
  return { key, field: field ?? '', place, pointer: pointerOf(place), line: lineIn(rest), message: rest };
}
