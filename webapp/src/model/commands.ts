/** The same submission as it is made elsewhere: by curl, in Python, by `aim`. */

import type { Json, JsonObject } from './definition';
import { type Draft, type Field, sentOf } from './form';

export interface Command {
  name: 'curl' | 'Python' | 'aim';
  text: string;
}

/** A part of a form: a file by its name, with its type where that has to be said; or JSON. */
type Part = { name: string; file: string; json: boolean } | { name: string; value: JsonObject };
type Body = { parts: Part[] } | { value: Json };

export interface Engine {
  url: string;
  /** It asks for a key, which `aim` and the commands take from `AIM_KEY`. */
  asksForKey: boolean;
}

const DEFAULT_ENGINE = /^http:\/\/(?:localhost|127\.0\.0\.1):8080$/;
const SECONDS = 30;

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What was entered so far, a file that is not chosen yet by a name that says so, a wrong value as in the example. */
function bodyOf(fields: Field[], drafts: Record<string, Draft>): Body {
  const parts: Part[] = [];
  const values: [string, Json][] = [];
  for (const field of fields) {
    const { name } = field;
    const draft = drafts[name] ?? null;
    if (draft instanceof File) {
      parts.push({ name, file: draft.name, json: draft.type === 'application/json' });
      continue;
    }
    const sent = sentOf([field], drafts);
    if (Array.isArray(sent)) {
      if (field.kind === 'value') values.push([name, field.shape.example]);
      else
        parts.push(
          typeof draft === 'string' ? { name, value: {} } : { name, file: `${name}.file`, json: false },
        );
    } else if (sent.kind === 'json') values.push([name, sent.value[name] ?? null]);
    else parts.push({ name, value: (sent.parts[0]?.[1] ?? {}) as JsonObject });
  }
  return parts.length > 0 ? { parts } : { value: Object.fromEntries(values) };
}

export function commandsOf(
  route: string,
  fields: Field[],
  drafts: Record<string, Draft>,
  engine: Engine,
): Command[] {
  const body = bodyOf(fields, drafts);
  const base = engine.url.replace(/\/$/, '');
  const url = `${base}/services/${route}`;
  return [
    { name: 'curl', text: curlOf(body, url, engine.asksForKey) },
    { name: 'Python', text: pythonOf(body, url, engine.asksForKey) },
    { name: 'aim', text: aimOf(body, route, base) },
  ];
}

function curlOf(body: Body, url: string, asksForKey: boolean): string {
  const key = asksForKey ? ['-H "Authorization: Bearer $AIM_KEY"'] : [];
  const given =
    'parts' in body
      ? body.parts.map((part) => `-F ${quoted(curlPart(part))}`)
      : [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body.value))}`];
  return ['curl', ...key, `-H 'Prefer: wait=${SECONDS}'`, ...given, quoted(url)].join(' ');
}

/** In double quotes curl reads what follows as it is, `;` and `,` too; there `"` and `\` need a `\`. */
function curlPart(part: Part): string {
  const inQuotes = (text: string): string => `"${text.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
  if ('value' in part) return `${part.name}=${inQuotes(JSON.stringify(part.value))};type=application/json`;
  const file = /[";,\\]/.test(part.file) ? inQuotes(part.file) : part.file;
  return `${part.name}=@${file}${part.json ? ';type=application/json' : ''}`;
}

function pythonOf(body: Body, url: string, asksForKey: boolean): string {
  const lines = ['import httpx', ''];
  if (asksForKey) lines.unshift('import os', '');
  if ('parts' in body) {
    const parts = body.parts.map((part) => `    ${JSON.stringify(part.name)}: ${pythonPart(part)},`);
    lines.push('files = {', ...parts, '}');
    if (body.parts.some((part) => 'value' in part)) lines.unshift('import json', ...(asksForKey ? [] : ['']));
  } else {
    lines.push(`body = ${literalOf(body.value)}`);
  }
  const given = 'parts' in body ? 'files=files' : 'json=body';
  const key = asksForKey ? `, "Authorization": f"Bearer {os.environ['AIM_KEY']}"` : '';
  const more = `headers={"Prefer": "wait=${SECONDS}"${key}}, timeout=${2 * SECONDS}`;
  return [
    ...lines,
    `answer = httpx.post(${JSON.stringify(url)}, ${given}, ${more})`,
    'print(answer.json())',
  ].join('\n');
}

function pythonPart(part: Part): string {
  if ('value' in part) return `(None, json.dumps(${literalOf(part.value)}), "application/json")`;
  return `open(${JSON.stringify(part.file)}, "rb")`;
}

/** A value as Python writes it. Texts are the same in JSON and in Python. */
function literalOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const items = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${literalOf(item)}`);
    return `{${items.join(', ')}}`;
  }
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}

function aimOf(body: Body, route: string, engine: string): string {
  const given =
    'parts' in body
      ? body.parts.map((part) =>
          quoted(`${part.name}=${'value' in part ? JSON.stringify(part.value) : `@${part.file}`}`),
        )
      : [`--input ${quoted(JSON.stringify(body.value))}`];
  const where = DEFAULT_ENGINE.test(engine) ? [] : ['--engine', quoted(engine)];
  return ['aim', 'run', quoted(route), ...given, ...where].join(' ');
}
