/** Where a text is found in another one, whatever the case; at most the first thousand. */
export function occurrences(text: string, search: string): number[] {
  const found: number[] = [];
  if (search === '') return found;
  const held = text.toLowerCase();
  const wanted = search.toLowerCase();
  for (let at = held.indexOf(wanted); at >= 0 && found.length < 1_000; at = held.indexOf(wanted, at + 1)) {
    found.push(at);
  }
  return found;
}
