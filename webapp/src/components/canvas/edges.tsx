/** The edges of the drawing: along the corners that the layout gave them, with their condition on them. */

import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { type ReactNode, memo } from 'react';

import { type Direction, type Point, shortLabel } from '../../model/layout/measure';
import { route } from '../../model/layout/route';

/**
 * `extra` is drawn in the middle of the line, where its condition is not. A line without points leads from port to port,
 * wherever these are at the moment.
 */
export type CanvasEdge = Edge<{
  line: Point[];
  label: string;
  at: Point | null;
  back: boolean;
  extra: ReactNode;
  direction: Direction;
}>;

const CORNER = 8;

/** A path along points whose corners are rounded. */
export function roundedPath(line: Point[]): string {
  const [first, ...rest] = line;
  if (!first) return '';
  let path = `M ${first.x} ${first.y}`;
  rest.forEach((corner, index) => {
    const [before, after] = [line[index] ?? corner, rest[index + 1]];
    if (!after) {
      path += ` L ${corner.x} ${corner.y}`;
      return;
    }
    const [from, to] = [towards(corner, before), towards(corner, after)];
    path += ` L ${from.x} ${from.y} Q ${corner.x} ${corner.y} ${to.x} ${to.y}`;
  });
  return path;
}

function towards(corner: Point, other: Point): Point {
  const length = Math.hypot(other.x - corner.x, other.y - corner.y) || 1;
  const share = Math.min(CORNER, length / 2) / length;
  return { x: corner.x + (other.x - corner.x) * share, y: corner.y + (other.y - corner.y) * share };
}

/** The point half way along a line. */
export function middleOf(line: Point[]): Point | null {
  const lengths = line.slice(1).map((to, index) => {
    const from = line[index] ?? to;
    return Math.hypot(to.x - from.x, to.y - from.y);
  });
  let rest = lengths.reduce((sum, each) => sum + each, 0) / 2;
  for (const [index, length] of lengths.entries()) {
    const [from, to] = [line[index], line[index + 1]];
    if (from && to && rest <= length) {
      const share = rest / (length || 1);
      return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
    }
    rest -= length;
  }
  return line[0] ?? null;
}

/** How much of an edge near its ends belongs to the ports there, for the mouse. */
const END = 14;

/** The part of a line by which an edge is taken hold of. */
function handhold(line: Point[]): Point[] {
  const cut = (points: Point[]): Point[] => {
    const [end, next, ...rest] = points;
    if (!end || !next) return points;
    const length = Math.hypot(next.x - end.x, next.y - end.y) || 1;
    const share = Math.min(END / length, rest.length ? 1 : 0.4);
    return [{ x: end.x + (next.x - end.x) * share, y: end.y + (next.y - end.y) * share }, next, ...rest];
  };
  return cut(cut(line).reverse()).reverse();
}

/** Something that stands on an edge, at a point of the drawing. */
function On({
  at,
  name,
  children,
  ...more
}: {
  at: Point;
  name: string;
  children: ReactNode;
  title?: string;
}) {
  return (
    <EdgeLabelRenderer>
      <div className={name} style={{ transform: `translate(${at.x}px, ${at.y}px)` }} {...more}>
        {children}
      </div>
    </EdgeLabelRenderer>
  );
}

const PLAIN: NonNullable<CanvasEdge['data']> = {
  line: [],
  label: '',
  at: null,
  back: false,
  extra: null,
  direction: 'right',
};

function Line({ data = PLAIN, markerEnd, id, selected, ...ends }: EdgeProps<CanvasEdge>) {
  const { label, at, back, extra, direction } = data;
  const line = data.line.length
    ? data.line
    : route({ x: ends.sourceX, y: ends.sourceY }, { x: ends.targetX, y: ends.targetY }, direction, [], []);
  const middle = extra ? middleOf(line) : null;
  return (
    <>
      <BaseEdge
        id={id}
        path={roundedPath(line)}
        interactionWidth={0}
        className={`edge ${back ? 'edge-back' : ''} ${selected ? 'edge-selected' : ''}`}
        {...(markerEnd ? { markerEnd } : {})}
      />
      <path
        d={roundedPath(handhold(line))}
        fill="none"
        strokeOpacity={0}
        strokeWidth={20}
        className="react-flow__edge-interaction"
      />
      {label && at && (
        <On at={at} name="edge-label" title={label}>
          {shortLabel(label)}
        </On>
      )}
      {middle && (
        <On at={middle} name="edge-extra">
          {extra}
        </On>
      )}
    </>
  );
}

export const edgeTypes = { line: memo(Line) };
