/** The three forms of an entry's body. */

import { type Json, isObject } from '../../model/definition';
import { isTexts } from './place';

export type Form = 'json' | 'one' | 'many';

export function formOf(body: Json | undefined): Form {
  if (typeof body === 'string') return 'one';
  return body !== undefined && isTexts(body) ? 'many' : 'json';
}

/** The same fields in another form. */
export function convertedBody(body: Json | undefined, form: Form): Json {
  const held = typeof body === 'string' ? [body] : isObject(body) ? Object.keys(body) : (body ?? []);
  const names = isTexts(held) ? held : [];
  if (form === 'one') return names[0] ?? 'image';
  return form === 'many' ? names : Object.fromEntries(names.map((name) => [name, '']));
}
