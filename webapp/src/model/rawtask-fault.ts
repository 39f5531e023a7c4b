/** What an error of a node is about: a code field and a line in it, or a path of its input. */

import { type JsonObject, isObject } from './definition';
import type { RawNode } from './rawtask';

/** `pointer`: where in the node the text stands (RFC 6901). `line` counts from 1; null where the whole field is meant. */
export interface CodeFault {
  field: string;
  pointer: string;
  code: string;
  line: number | null;
  message: string;
}

const IN_INPUT = /^input `([^`]+)`: /;

/** The code field that the error of an instance is about, with its text in the node; null where it is about none. */
export function codeFault(
  node: JsonObject,
  { error, field, line = null }: Pick<RawNode, 'error' | 'field'> & { line?: number | null },
): CodeFault | null {
  if (error === null || field === undefined) return null;
  const steps = field.split('.');
  // A side of a branch may be its code alone.
  for (const place of [steps, steps.slice(0, 1)]) {
    const code = textAt(node, place);
    if (code === null) continue;
    const message = error.slice(error.indexOf(': ') + 2);
    return { field, pointer: `/${place.join('/')}`, code, line, message };
  }
  return null;
}

function textAt(node: JsonObject, steps: string[]): string | null {
  let value: unknown = node;
  for (const step of steps) value = isObject(value) ? value[step] : undefined;
  return typeof value === 'string' ? value : null;
}

/** The node with other code in the place of the fault. */
export function withCode(node: JsonObject, pointer: string, code: string): JsonObject {
  const [, first = '', second] = pointer.split('/');
  if (second === undefined) return { ...node, [first]: code };
  const side = node[first];
  return { ...node, [first]: { ...(isObject(side) ? side : {}), [second]: code } };
}

/** The name in the input whose path found nothing; null where the error is about something else. */
export function inputFault(error: string): string | null {
  return IN_INPUT.exec(error)?.[1] ?? null;
}

/** The task of a sub-pipeline that an error speaks of; null where there is none. */
export function taskOfFault(error: string): string | null {
  return /\(task ([0-9a-f]{32,40})\)/.exec(error)?.[1] ?? null;
}
