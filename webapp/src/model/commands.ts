/** The same submission as it is made elsewhere: by curl, in Python, by `aim`. */

import type { Json } from './definition';
import { type Field, fieldsOf } from './form';

export interface Command {
  name: 'curl' | 'Python' | 'aim';
  text: string;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export function commandsOf(
  route: string,
  body: Json,
  engine: string,
  files: Record<string, string>,
): Command[] {
  const fields = fieldsOf(body);
  const form = typeof body === 'string' || Array.isArray(body);
  const url = `${engine.replace(/\/$/, '')}/services/${route}`;
  const name = (field: Field): string => files[field.name] ?? `${field.name}.file`;
  const parts = form ? fields.map((field) => `-F ${quoted(`${field.name}=@${name(field)}`)}`) : json(body);
  const python = form
    ? fields.map((field) => `"${field.name}": open(${JSON.stringify(name(field))}, "rb")`).join(', ')
    : '';
  const aim = form
    ? fields.map((field) => quoted(`${field.name}=@${name(field)}`)).join(' ')
    : `--json ${quoted(JSON.stringify(body))}`;
  return [
    { name: 'curl', text: `curl -H 'Prefer: wait=30' ${parts.join(' ')} ${quoted(url)}` },
    {
      name: 'Python',
      text: [
        'import httpx',
        '',
        `answer = httpx.post(${JSON.stringify(url)}, ${form ? `files={${python}}` : `json=${pythonOf(body)}`},`,
        '                    headers={"Prefer": "wait=30"}, timeout=60)',
        'print(answer.json())',
      ].join('\n'),
    },
    { name: 'aim', text: `aim run ${route} ${aim}` },
  ];
}

function json(body: Json): string[] {
  return [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`];
}

function pythonOf(value: Json): string {
  return JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(
      /(?<=[[{:,] ?)(true|false|null)\b/g,
      (word) => ({ true: 'True', false: 'False' })[word] ?? 'None',
    );
}
