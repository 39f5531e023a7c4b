/** The corners of an edge between two places that nobody has computed a whole layout for. */

import { type Box, type Direction, type Point, passes } from './measure';

/** How far an edge goes straight out of a port, and how far it keeps from what it goes around, in pixels. */
const STUB = 20;
const CLEAR = 14;
/** What one crossing and one corner cost, in pixels of detour. */
const CROSSING = 4_000;
const CORNER = 30;
/** How many obstacles are tried to be passed at their borders: the nearest ones. */
const TRIED = 12;
/** How far beside the way an obstacle may lie to be looked at. */
const REACH = 220;

const swap = ({ x, y }: Point): Point => ({ x: y, y: x });
const swapBox = ({ x, y, width, height }: Box): Box => ({ x: y, y: x, width: height, height: width });

/**
 * The corners from one port to another, with right angles: of the simple ways the one that passes through the fewest boxes,
 * then the shortest. `own`: the boxes of both ends, which the edge goes around as it does around obstacles.
 */
export function route(
  source: Point,
  target: Point,
  direction: Direction,
  own: Box[],
  obstacles: Box[],
): Point[] {
  if (direction === 'right') return routeRight(source, target, own, obstacles);
  const swapped = routeRight(swap(source), swap(target), own.map(swapBox), obstacles.map(swapBox));
  return swapped.map(swap);
}

function routeRight(from: Point, to: Point, own: Box[], obstacles: Box[]): Point[] {
  const near = [...own, ...nearest(from, to, obstacles)];
  const forward = to.x - from.x >= 2 * STUB;
  const simple = forward ? across(from, to, near) : [];
  const best = cheapest(simple, near);
  if (best && best.crossed === 0) return tidy(best.line);
  const all = cheapest([...simple, ...around(from, to, own, near)], near);
  return tidy(all?.line ?? [from, to]);
}

function nearest(from: Point, to: Point, obstacles: Box[]): Box[] {
  const [left, right] = [Math.min(from.x, to.x) - REACH, Math.max(from.x, to.x) + REACH];
  const [top, bottom] = [Math.min(from.y, to.y) - REACH, Math.max(from.y, to.y) + REACH];
  return obstacles.filter(
    (box) => box.x < right && box.x + box.width > left && box.y < bottom && box.y + box.height > top,
  );
}

/** Ways with one piece across: between the ports, or beside something that lies there. */
function across(from: Point, to: Point, near: Box[]): Point[][] {
  const [first, last] = [from.x + STUB, to.x - STUB];
  const beside = near.slice(0, TRIED).flatMap((box) => [box.x - CLEAR, box.x + box.width + CLEAR]);
  const places = [(from.x + to.x) / 2, first, last, ...beside.filter((x) => x > first && x < last)];
  return places.map((x) => [from, { x, y: from.y }, { x, y: to.y }, to]);
}

/** Ways that leave, go along a channel, and come in: for those that lead back, and past what lies between. */
function around(from: Point, to: Point, own: Box[], near: Box[]): Point[][] {
  const [out, into] = [from.x + STUB, to.x - STUB];
  const middle = (from.y + to.y) / 2;
  const borders = near.flatMap((box) => [box.y - CLEAR, box.y + box.height + CLEAR]);
  const outside = own.length
    ? [Math.min(...own.map((box) => box.y)) - STUB, Math.max(...own.map((box) => box.y + box.height)) + STUB]
    : [];
  const sorted = borders.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle)).slice(0, 2 * TRIED);
  return [middle, ...outside, ...sorted].map((y) => [
    from,
    { x: out, y: from.y },
    { x: out, y },
    { x: into, y },
    { x: into, y: to.y },
    to,
  ]);
}

function cheapest(lines: Point[][], boxes: Box[]): { line: Point[]; crossed: number } | null {
  let best: { line: Point[]; crossed: number; cost: number } | null = null;
  for (const line of lines) {
    const crossed = boxes.filter((box) => passes(line, box)).length;
    const cost = crossed * CROSSING + lengthOf(line) + CORNER * tidy(line).length;
    if (!best || cost < best.cost) best = { line, crossed, cost };
  }
  return best;
}

function lengthOf(line: Point[]): number {
  return line.slice(1).reduce((sum, end, index) => {
    const start = line[index] ?? end;
    return sum + Math.abs(end.x - start.x) + Math.abs(end.y - start.y);
  }, 0);
}

/** The line without points that are no corners. */
function tidy(line: Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of line) {
    const [before, last] = [kept.at(-2), kept.at(-1)];
    if (last && last.x === point.x && last.y === point.y) continue;
    const straight = before && last && (sameX(before, last, point) || sameY(before, last, point));
    if (straight) kept.pop();
    kept.push(point);
  }
  return kept;
}

const sameX = (a: Point, b: Point, c: Point): boolean => a.x === b.x && b.x === c.x;
const sameY = (a: Point, b: Point, c: Point): boolean => a.y === b.y && b.y === c.y;
