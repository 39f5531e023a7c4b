/** What is really drawn of a graph: boxes and lines as they lie on the screen. */

import type { Page } from 'playwright-core';

import type { JsonObject } from '../../src/model/definition';
import { graphOf } from '../../src/model/graph';

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Drawing {
  /** By keys: a node in a frame has the frame's key before its own. */
  boxes: Record<string, Box>;
  /** Points along each edge, a few pixels apart. */
  lines: { from: string; to: string; points: [number, number][] }[];
}

/** Wait until all nodes and edges of a definition are drawn in their last layout, and read where they lie. */
export async function drawn(page: Page, nodes: JsonObject[]): Promise<Drawing> {
  const graph = graphOf({ type: 'pipeline', nodes });
  await page.locator('.react-flow[data-settled=true]').waitFor();
  await page.waitForFunction(
    ([boxes, lines]) =>
      document.querySelectorAll('.react-flow__node').length === boxes &&
      document.querySelectorAll('.react-flow__edge-path').length === lines,
    [graph.nodes.length, graph.edges.length],
  );
  // The drawing is fitted to its window in the frame after that.
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  return await page.evaluate(() => {
    const boxes: Record<string, Box> = {};
    for (const node of document.querySelectorAll('.react-flow__node')) {
      const { left, top, right, bottom } = node.getBoundingClientRect();
      boxes[node.getAttribute('data-id') ?? ''] = { left, top, right, bottom };
    }
    const lines = [...document.querySelectorAll<SVGPathElement>('.react-flow__edge-path')].map((path) => {
      const toScreen = path.getScreenCTM();
      const length = path.getTotalLength();
      const steps = Math.max(2, Math.ceil(length / 4));
      const points = Array.from({ length: steps + 1 }, (_, at): [number, number] => {
        const point = path.getPointAtLength((length * at) / steps).matrixTransform(toScreen ?? undefined);
        return [point.x, point.y];
      });
      const id = path.closest('.react-flow__edge')?.getAttribute('data-id') ?? '';
      const [from = '', , to = ''] = id.replace(/#\d+$/, '').split('>');
      return { from, to, points };
    });
    return { boxes, lines };
  });
}

const isAround = (frame: string, node: string): boolean => node === frame || node.startsWith(`${frame}/`);

/** Edges that pass through a node which is neither at one of their ends nor a frame around these. */
export function crossings({ boxes, lines }: Drawing): string[] {
  const found = new Set<string>();
  const inset = 1;
  for (const { from, to, points } of lines) {
    for (const [key, box] of Object.entries(boxes)) {
      if (isAround(key, from) || isAround(key, to)) continue;
      const passes = points.some(
        ([x, y]) =>
          x > box.left + inset && x < box.right - inset && y > box.top + inset && y < box.bottom - inset,
      );
      if (passes) found.add(`${from} -> ${to} crosses ${key}`);
    }
  }
  return [...found];
}

/** Nodes that lie on each other, where neither is the frame of the other. */
export function overlaps({ boxes }: Drawing): string[] {
  const all = Object.entries(boxes);
  return all.flatMap(([key, box], at) =>
    all
      .slice(at + 1)
      .filter(([other]) => !isAround(key, other) && !isAround(other, key))
      .filter(
        ([, one]) =>
          Math.min(box.right, one.right) - Math.max(box.left, one.left) > 1 &&
          Math.min(box.bottom, one.bottom) - Math.max(box.top, one.top) > 1,
      )
      .map(([other]) => `${key} lies on ${other}`),
  );
}
