/**
 * Code whose node gets another id. Only what is surely meant is changed: a name that begins a chain, as `detect` in
 * `detect.out.answer`, and what stands behind `loop.` and in `pipeline.nodes`. Where the code has a variable of the old
 * or the new name, it is left alone; the engine's check names what no longer is.
 */

import { isName } from './complete-code';
import { type Json, type JsonObject, isObject } from './definition';

interface Token {
  text: string;
  kind: 'name' | 'text' | 'other';
  /** How many brackets are open around it. */
  depth: number;
}

const COMMENT = String.raw`#[^\n]*`;
const STRING = String.raw`[A-Za-z]{0,2}(?:"""(?:\\[^]|[^\\])*?"""|'''(?:\\[^]|[^\\])*?'''|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*')`;
const NAME = String.raw`[A-Za-z_]\w*`;
const NUMBER = String.raw`\d[\w.]*`;
const SIGN = String.raw`:=|==|!=|<=|>=|(?:\*\*|//|<<|>>|[-+*/%&|^@])?=|[^\s]`;
const TOKEN = new RegExp(`(${COMMENT})|(${STRING})|(${NAME})|(${NUMBER})|(\\n)|(${SIGN})`, 'g');
const GIVES = /^(?:[-+*/%&|^@]|\*\*|\/\/|<<|>>)?=$/;
/** Words behind which names are given, and what ends that. */
const BINDERS: Record<string, string> = {
  for: 'in',
  lambda: ':',
  def: ':',
  as: ':',
  import: '\n',
  global: '\n',
};

interface Piece extends Token {
  from: number;
}

function tokensOf(code: string): Piece[] {
  const found: Piece[] = [];
  let depth = 0;
  for (const match of code.matchAll(TOKEN)) {
    const [text, comment, string, name] = match;
    if (comment !== undefined || (text === '\n' && depth > 0)) continue;
    if (text && ')]}'.includes(text)) depth -= 1;
    const kind = string !== undefined ? 'text' : name !== undefined ? 'name' : 'other';
    found.push({ text, kind, depth, from: match.index });
    if ('([{'.includes(text)) depth += 1;
  }
  return found;
}

/** Whether a name is one of the code's own: it is given a value, or a loop or a function binds it. */
function isOwn(tokens: Piece[], name: string): boolean {
  let until: string | null = null;
  return tokens.some((token, at) => {
    const { text, kind } = token;
    if (text === until) until = null;
    if (kind !== 'name' || tokens[at - 1]?.text === '.') return false;
    until = BINDERS[text] ?? until;
    return text === name && (until !== null || isGiven(tokens, token, at));
  });
}

/** Whether the name that stands here is given a value as a whole: `a = 1`, `a, b = c`, `(a := 1)`, but not `a.out = 1`. */
function isGiven(tokens: Piece[], { depth }: Piece, at: number): boolean {
  const next = tokens[at + 1]?.text ?? '';
  if (next === ':=') return true;
  return depth === 0 && !['.', '['].includes(next) && isGivenLater(tokens, at);
}

/** Whether the statement gives a value to what stands here: `a = 1`, `a, b = c`, `a += 1`. */
function isGivenLater(tokens: Piece[], at: number): boolean {
  for (const { text, depth } of tokens.slice(at + 1)) {
    if (depth > 0) continue;
    if (text === '\n' || text === ';') return false;
    if (GIVES.test(text)) return true;
  }
  return false;
}

/** Whether what stands here comes behind these, which begin a chain. */
function isBehind(tokens: Piece[], at: number, ...chain: string[]): boolean {
  const start = at - chain.length;
  return (
    chain.every((text, index) => tokens[start + index]?.text === text) && tokens[start - 1]?.text !== '.'
  );
}

function isMeant(tokens: Piece[], at: number): boolean {
  if (tokens[at - 1]?.text === '.') {
    return isBehind(tokens, at, 'loop', '.') || isBehind(tokens, at, 'pipeline', '.', 'nodes', '.');
  }
  const { depth = 0 } = tokens[at] ?? {};
  return !(depth > 0 && tokens[at + 1]?.text === '='); // the name of an argument
}

/** `pipeline.nodes['old']`: a text that can only be an id. */
function isKey(tokens: Piece[], at: number): boolean {
  return isBehind(tokens, at, 'pipeline', '.', 'nodes', '[') && tokens[at + 1]?.text === ']';
}

/** The text of a formatted string, with the names in its plain fields changed. */
function formatted(text: string, old: string, id: string): string {
  if (!/^(?:f|rf|fr)['"]/i.test(text)) return text;
  return text.replaceAll(/\{\{|\{([^{}'"!:]*)/g, (all: string, inner: string | undefined) =>
    inner === undefined ? all : `{${renamedCode(inner, old, id)}`,
  );
}

/** The code with another id in the place of one, wherever that can only be the node. */
export function renamedCode(code: string, old: string, id: string): string {
  if (!code.includes(old)) return code;
  const tokens = tokensOf(code);
  const free = isName(id) && !isOwn(tokens, old) && !tokens.some((each, at) => isPlain(tokens, each, at, id));
  let changed = '';
  let from = 0;
  tokens.forEach((token, at) => {
    const text = changedText(tokens, token, at, old, id, free);
    if (text === token.text) return;
    changed += code.slice(from, token.from) + text;
    from = token.from + token.text.length;
  });
  return changed + code.slice(from);
}

/** Whether a name stands here by itself, and is no field of something else. */
function isPlain(tokens: Piece[], { kind, text }: Piece, at: number, name: string): boolean {
  return kind === 'name' && text === name && tokens[at - 1]?.text !== '.';
}

function changedText(
  tokens: Piece[],
  token: Piece,
  at: number,
  old: string,
  id: string,
  free: boolean,
): string {
  const { kind, text } = token;
  if (kind === 'text') {
    const quote = text.slice(0, 1);
    if (text.slice(1, -1) === old && '\'"'.includes(quote) && isKey(tokens, at)) return quote + id + quote;
    return free ? formatted(text, old, id) : text;
  }
  return free && kind === 'name' && text === old && isMeant(tokens, at) ? id : text;
}

/** Fields that hold code, by name; a side of a branch is code, or holds it as `exec`. */
const CODE = ['before', 'after', 'ready', 'if'] as const;

/** The node with its code changed. */
export function withCodeRenamed(node: JsonObject, old: string, id: string): JsonObject {
  const changed: JsonObject = { ...node };
  const fix = (value: Json): Json => (typeof value === 'string' ? renamedCode(value, old, id) : value);
  for (const field of [...CODE, 'then', 'else']) {
    const held = changed[field];
    if (typeof held === 'string') changed[field] = fix(held);
    else if (isObject(held) && held['exec'] !== undefined)
      changed[field] = { ...held, exec: fix(held['exec']) };
  }
  return changed;
}
