/** A field of dynamic code. */

import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Suggestion } from '../../model/paths';
import { Frame } from './frame';
import { codeMarks } from './marks';

export interface CodeFieldProps {
  label: string;
  description?: ReactNode;
  value: string;
  onChange: (value: string) => void;
  /** `expression`: one that gives a value; `code`: statements. */
  mode: 'code' | 'expression';
  faults: readonly { line: number; message: string }[];
  suggestions?: readonly Suggestion[];
  readOnly?: boolean;
  minLines?: number;
}

export function CodeField({ mode, faults, minLines, value, ...rest }: CodeFieldProps) {
  const { t } = useTranslation();
  const marks = useMemo(() => codeMarks(value, faults), [value, faults]);
  return (
    <Frame
      {...rest}
      language="python"
      value={value}
      marks={marks}
      minLines={minLines ?? (mode === 'code' ? 2 : 1)}
      later={t('inspector.later')}
    />
  );
}
