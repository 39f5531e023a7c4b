/** A definition as text, and where in it a JSON pointer leads: the engine names faults by pointers. */

import { type Node, type ParseError, findNodeAtLocation, parseTree, printParseErrorCode } from 'jsonc-parser';

import { type Definition, type Json, isDefinition } from './definition';

/** A stretch of a text: offsets of its first character and of the one after its last. */
export interface Range {
  from: number;
  to: number;
}

export interface TextFault extends Range {
  message: string;
}

export type Read = { definition: Definition; faults: [] } | { definition: null; faults: TextFault[] };

const STRICT = { disallowComments: true, allowTrailingComma: false };

export function write(definition: Definition): string {
  return `${JSON.stringify(definition, null, 2)}\n`;
}

/** The definition that a text holds, or what is wrong with it. What the nodes hold is for the engine to judge. */
export function readDefinition(text: string): Read {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, STRICT);
  if (errors.length || !tree) {
    const faults = errors.map(({ error, offset, length }) => ({
      from: offset,
      to: Math.min(offset + Math.max(length, 1), text.length),
      message: printParseErrorCode(error),
    }));
    return {
      definition: null,
      faults: faults.length ? faults : [{ from: 0, to: text.length, message: 'Empty' }],
    };
  }
  const value = JSON.parse(text) as Json;
  if (isDefinition(value)) return { definition: { ...value, type: 'pipeline' }, faults: [] };
  return {
    definition: null,
    faults: [{ from: tree.offset, to: tree.offset + tree.length, message: 'NoPipeline' }],
  };
}

/** The keys of a JSON pointer, numbers for what may be indexes of lists. */
export function keysOf(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^(0|[1-9][0-9]*)$/.test(key) ? Number(key) : key));
}

/** Where the value lies that a pointer leads to, or the nearest around it that is there; null in a text that is no JSON. */
export function rangeOf(text: string, pointer: string): Range | null {
  const tree = parseTree(text, [], STRICT);
  if (!tree) return null;
  const node = nearest(tree, keysOf(pointer));
  return { from: node.offset, to: node.offset + node.length };
}

function nearest(tree: Node, keys: (string | number)[]): Node {
  let found = tree;
  for (const key of keys) {
    const inner = findNodeAtLocation(found, [found.type === 'object' ? String(key) : key]);
    if (!inner) break;
    found = inner;
  }
  return found;
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
