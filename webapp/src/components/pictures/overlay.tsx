/** Boxes and points as a drawing that lies on their picture. */

import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

import type { Box, Points } from '../../model/boxes';
import type { Size } from './use-zoom';

/** Told apart by people with any kind of colour vision (Okabe and Ito, 2008); each box has a number as well. */
const COLOURS = ['#f0e442', '#56b4e9', '#e69f00', '#cc79a7', '#009e73', '#d55e00', '#0072b2'];

export function colourOf(box: Box, labels: string[]): string {
  return COLOURS[Math.max(labels.indexOf(box.label), 0) % COLOURS.length] ?? '#f0e442';
}

export interface OverlayProps {
  size: Size;
  /** Pixels of the screen for one of the picture: lines and numbers are as large at any. */
  scale: number;
  boxes: Box[];
  points: Points[];
  labels: string[];
  lit: string | null;
  onPoint: (path: string | null) => void;
  onSize: (size: Size) => void;
}

export function Overlay({ size, scale, boxes, points, labels, lit, onPoint, onSize }: OverlayProps) {
  const { t } = useTranslation();
  const { width, height } = size;
  useEffect(() => {
    onSize({ width, height });
  }, [onSize, width, height]);
  return (
    <svg
      className="picture-overlay"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={t('pictures.drawn', { count: boxes.length })}
    >
      {points.map((each) => (
        <g key={each.path} className="picture-points">
          {each.points.map(([x, y], index) => (
            <circle key={index} cx={x} cy={y} r={1.6 / scale} strokeWidth={0.6 / scale} />
          ))}
        </g>
      ))}
      {boxes.map((box, index) => (
        <BoxShape
          key={box.path}
          box={box}
          number={index + 1}
          colour={colourOf(box, labels)}
          scale={scale}
          state={stateOf(box, lit)}
          onPoint={onPoint}
        />
      ))}
    </svg>
  );
}

function stateOf(box: Box, lit: string | null): string {
  if (lit === null) return '';
  return box.path === lit ? 'is-lit' : 'is-dim';
}

interface BoxShapeProps {
  box: Box;
  number: number;
  colour: string;
  scale: number;
  state: string;
  onPoint: (path: string | null) => void;
}

function BoxShape({ box, number, colour, scale, state, onPoint }: BoxShapeProps) {
  const [x, y] = [box.left, box.top];
  const frame = { x, y, width: box.right - box.left, height: box.bottom - box.top };
  const tag = { width: (8 + 7 * String(number).length) / scale, height: 15 / scale };
  return (
    <g
      className={`picture-box ${state}`}
      onMouseEnter={() => {
        onPoint(box.path);
      }}
      onMouseLeave={() => {
        onPoint(null);
      }}
    >
      <rect {...frame} className="picture-box-shade" strokeWidth={5 / scale} />
      <rect {...frame} className="picture-box-line" stroke={colour} strokeWidth={2.5 / scale} />
      <rect x={x} y={y} {...tag} className="picture-tag" />
      <text x={x + tag.width / 2} y={y + tag.height / 2} fontSize={11 / scale} className="picture-number">
        {number}
      </text>
    </g>
  );
}
