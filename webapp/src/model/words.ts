/** Numbers as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes, in powers of a thousand. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${UNITS[unit] ?? ''}`;
}

/** Seconds from one moment to another, to three places; null where one is missing. */
export function secondsBetween(from: string, to: string | null): string | null {
  return to === null ? null : ((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(3);
}
