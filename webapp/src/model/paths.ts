/** Paths, `node.out.key`: which nodes they read, and how they change when a node gets another id. */

/**
 * A path that may be written; `detail` is the type of what it leads to, where that is known. `later`: what it reads may
 * not have run by then.
 */
export interface Suggestion {
  path: string;
  detail: string;
  later?: boolean;
}

/** The path with another id in the place of one. */
export function renamedPath(path: string, old: string, id: string): string {
  for (const before of ['', 'loop.', 'pipeline.nodes.']) {
    const start = before + old;
    if (path === start || path.startsWith(`${start}.`)) return before + id + path.slice(start.length);
  }
  return path;
}

/** The id of the node that a path reads; null where it reads the node itself or the pipeline. */
export function sourceOf(path: string): string | null {
  const [first, second, third] = path.split('.');
  if (first === 'loop') return second ?? null;
  if (first === 'pipeline' && second === 'nodes') return third ?? null;
  return first === undefined || first === 'node' || first === 'pipeline' ? null : first;
}
