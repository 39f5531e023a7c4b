/** Where in a text its faults are shown: one stretch of one line each. */

import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

import { lineOf, rangeOf } from '../../model/text';

/** A fault at its stretch of text; `line` counts from 1. `reason` is a key of the translations, where it is no sentence. */
export interface Mark {
  from: number;
  to: number;
  line: number;
  message: string;
  reason?: string;
}

/** More are not shown: they tell nothing more. */
const MOST = 100;

/** The stretch of a line without the spaces around it. */
function ofLine(text: string, number: number): { from: number; to: number; line: number } {
  const lines = text.split('\n');
  const line = Math.min(Math.max(Math.trunc(number), 1), lines.length);
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const held = lines[line - 1] ?? '';
  return { from: before + held.length - held.trimStart().length, to: before + held.trimEnd().length, line };
}

/** Faults of code at their lines; a line that is not there is the nearest one. */
export function codeMarks(text: string, faults: readonly { line: number; message: string }[]): Mark[] {
  return faults.slice(0, MOST).map(({ line, message }) => {
    const place = ofLine(text, line);
    return {
      ...place,
      to: Math.max(place.from, place.to),
      message: message.replace(/^line \d+, column \d+: /, ''),
    };
  });
}

/** What is wrong with a text as JSON, or else the faults of what it holds, at their lines. */
export function jsonMarks(text: string, faults: readonly { pointer: string; message: string }[]): Mark[] {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  if (errors.length) {
    return errors.slice(0, MOST).map(({ error, offset, length }) => {
      const code = printParseErrorCode(error);
      return { ...clipped(text, offset, offset + Math.max(length, 1)), message: code, reason: code };
    });
  }
  return faults.slice(0, MOST).map(({ pointer, message }) => {
    const range = rangeOf(text, pointer) ?? { from: 0, to: 0 };
    return { ...clipped(text, range.from, range.to), message };
  });
}

/** A stretch cut at the end of its first line, with its line. */
function clipped(text: string, from: number, to: number): { from: number; to: number; line: number } {
  const start = Math.min(from, text.length);
  const end = text.indexOf('\n', start);
  return { from: start, to: Math.min(to, end < 0 ? text.length : end), line: lineOf(text, start) };
}
