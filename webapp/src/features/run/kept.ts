/**
 * What was entered last, by route, as long as this page is open; without files also over a reload. Files are never read
 * for that: the browser keeps them where they are, and a second run needs no choosing anew.
 */

import { type Draft, type Field, initial, isDraftOf } from '../../model/form';

export type Drafts = Record<string, Draft>;

const kept = new Map<string, Drafts>();
const LARGEST = 200_000;

function storedOf(route: string): Drafts {
  try {
    return JSON.parse(sessionStorage.getItem(`run:${route}`) ?? '{}') as Drafts;
  } catch {
    return {};
  }
}

/** What each field shows at first: what was entered last, where it still is one of the field, else the example. */
export function remembered(route: string, fields: Field[]): Drafts {
  const last = kept.get(route) ?? storedOf(route);
  return Object.fromEntries(
    fields.map((field) => {
      const draft = last[field.name];
      return [field.name, draft !== undefined && isDraftOf(field, draft) ? draft : initial(field)];
    }),
  );
}

export function remember(route: string, drafts: Drafts): void {
  kept.set(route, drafts);
  const values = Object.entries(drafts).filter(([, draft]) => !(draft instanceof File) && draft !== null);
  const text = JSON.stringify(Object.fromEntries(values));
  try {
    if (text.length <= LARGEST) sessionStorage.setItem(`run:${route}`, text);
  } catch {
    // No room, or not allowed: then it is remembered until the page is left.
  }
}
