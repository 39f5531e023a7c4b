/** What stands behind the `?` of an address: names with a text each, as written. */

/** Nothing is taken for a number or a truth: a pipeline may be called 2024. */
export function parseSearch(search: string): Record<string, unknown> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** The other way round; what is undefined is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const texts = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string') texts.set(name, value);
    else if (typeof value === 'number' || typeof value === 'boolean') texts.set(name, value.toString());
  }
  const text = texts.toString();
  return text && `?${text}`;
}
