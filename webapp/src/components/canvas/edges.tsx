/** The edges of the drawing: along the corners that the layout gave them, with their condition on them. */

import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';

import { type Point, shortLabel } from '../../model/layout/measure';

export type CanvasEdge = Edge<{ line: Point[]; label: string; at: Point | null; back: boolean }>;

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

function Line({ data, markerEnd, id, source }: EdgeProps<CanvasEdge>) {
  const line = data?.line ?? [];
  const label = data?.label ?? '';
  const at = data?.at;
  return (
    <>
      <BaseEdge
        id={id}
        path={roundedPath(line)}
        className={data?.back ? 'edge edge-back' : 'edge'}
        {...(markerEnd ? { markerEnd } : {})}
      />
      {label && at && (
        <EdgeLabelRenderer>
          <div
            className="edge-label"
            title={label}
            data-source={source}
            style={{ transform: `translate(${at.x}px, ${at.y}px)` }}
          >
            {shortLabel(label)}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

export const edgeTypes = { line: memo(Line) };
