/** A field of JSON, with what is wrong with it at its line: as JSON, or in the engine's words. */

import { type ReactNode, useMemo } from 'react';

import { Frame } from './frame';
import { jsonMarks } from './marks';

export interface JsonFieldProps {
  label: string;
  description?: ReactNode;
  value: string;
  onChange: (value: string) => void;
  faults: readonly { pointer: string; message: string }[];
  readOnly?: boolean;
  minLines?: number;
  maxHeight?: string;
  /** An empty text is right too. */
  optional?: boolean;
}

/** From so many lines on there is a search. */
const LONG = 15;

export function JsonField({ faults, value, minLines = 2, optional = false, ...rest }: JsonFieldProps) {
  const isEmpty = optional && value.trim() === '';
  const marks = useMemo(
    () => (isEmpty ? jsonMarks('{}', faults) : jsonMarks(value, faults)),
    [value, faults, isEmpty],
  );
  const isLong = value.split('\n').length > LONG;
  return <Frame {...rest} language="json" value={value} marks={marks} minLines={minLines} search={isLong} />;
}
