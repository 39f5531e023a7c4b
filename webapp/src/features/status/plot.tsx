/** A chart of lines over time. Loaded when the first is shown. */

import 'uplot/dist/uPlot.min.css';

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import Plot from 'uplot';

import type { Lines } from '../../model/samples';

const HEIGHT = 190;
/** Seconds from one mark to the next: two within a second would read the same. */
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];
/** Lines are told apart by colour and by dashes. */
const STYLES = [
  { color: '--mantine-color-blue-filled', dash: [] },
  { color: '--mantine-color-red-filled', dash: [6, 4] },
];

export interface PlotProps {
  lines: Lines;
  names: string[];
  language: string;
  /** The least that the axis of values reaches up to. */
  least: number;
}

function colorOf(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function optionsOf(
  element: HTMLElement,
  names: string[],
  language: string,
  least: number,
  width: number,
): Plot.Options {
  const [text, line] = ['--mantine-color-text', '--mantine-color-default-border'].map((name) =>
    colorOf(element, name),
  );
  const axis: Plot.Axis = { stroke: text ?? '', grid: { stroke: line ?? '' }, ticks: { stroke: line ?? '' } };
  const time = (at: number): string => new Date(at * 1_000).toLocaleTimeString(language);
  const number = (value: number | null): string =>
    value?.toLocaleString(language, { maximumSignificantDigits: 4 }) ?? '–';
  return {
    width,
    height: HEIGHT,
    legend: { live: true },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, least)] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(time), space: 90, incrs: SECONDS },
      { ...axis, size: 60, values: (_, ticks) => ticks.map(number) },
    ],
    series: [
      { label: '', value: (_, at) => (at ? time(at) : '') },
      ...names.map((label, index) => {
        const { color = '', dash = [] } = STYLES[index % STYLES.length] ?? {};
        return {
          label,
          stroke: colorOf(element, color),
          width: 2,
          dash,
          spanGaps: false,
          points: { show: false },
          value: (_: Plot, value: number | null) => number(value),
        };
      }),
    ],
  };
}

export function TimePlot({ lines, names, language, least }: PlotProps) {
  const scheme = useComputedColorScheme('light');
  const { ref: measured, width } = useElementSize<HTMLDivElement>();
  const place = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(measured, place);
  const plot = useRef<Plot | null>(null);
  const latest = useRef(lines);
  const wish = names.join('\n');
  useEffect(() => {
    latest.current = lines;
    plot.current?.setData([lines.at, ...lines.values]);
  }, [lines]);
  useEffect(() => {
    const element = place.current;
    if (!element || width < 50) return undefined;
    // The colours of the scheme stand in the document's variables.
    const options = optionsOf(element, wish.split('\n'), language, least, width);
    const made = new Plot(options, [latest.current.at, ...latest.current.values], element);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [wish, language, least, width, scheme]);
  return <div ref={ref} className="plot" />;
}
