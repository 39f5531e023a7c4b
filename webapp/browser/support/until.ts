/** Waiting for what must come. */

const PAUSE = 25;

/** What `look` gives, once that is not null. Throws where that is not within so many seconds. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  seconds = 30,
): Promise<T> {
  const deadline = performance.now() + 1_000 * seconds;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
