/** What is around an editor: its label, what it says of itself, and its faults, each at its line. */

import { Input } from '@mantine/core';
import { type ReactNode, Suspense, lazy, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import './code.css';
import type { EditorHandle, EditorProps } from './editor';
import { Find } from './find';
import type { Mark } from './marks';

const Editor = lazy(() => import('./editor'));

export interface FrameProps extends Omit<EditorProps, 'labelledBy' | 'describedBy' | 'ref'> {
  label: string;
  description?: ReactNode;
  /** With a search beside the label. */
  search?: boolean;
}

export function Frame({ label, description, search = false, ...editor }: FrameProps) {
  const { t } = useTranslation();
  const id = useId();
  const handle = useRef<EditorHandle>(null);
  const hint = editor.readOnly === true ? 'inspector.code.read' : 'inspector.code.hint';
  return (
    <div>
      <div className="code-head">
        <Input.Label labelElement="div" size="xs" id={`${id}-label`}>
          {label}
        </Input.Label>
        {search && (
          <Find text={editor.value} onFound={(from, to) => handle.current?.select(from, to, false)} />
        )}
      </div>
      {description !== undefined && (
        <Input.Description size="xs" mb={4}>
          {description}
        </Input.Description>
      )}
      <div className="code-frame" data-wrong={editor.marks.length > 0 || undefined}>
        <Suspense fallback={<pre className="code-waiting">{editor.value || ' '}</pre>}>
          <Editor
            {...editor}
            ref={handle}
            labelledBy={`${id}-label`}
            describedBy={`${id}-hint ${id}-faults`}
          />
        </Suspense>
      </div>
      <Input.Description size="xs" id={`${id}-hint`} className="code-hint">
        {t(hint)}
      </Input.Description>
      <Faults
        id={`${id}-faults`}
        marks={editor.marks}
        onChosen={({ from, to }) => handle.current?.select(from, to, true)}
      />
    </div>
  );
}

interface FaultsProps {
  id: string;
  marks: readonly Mark[];
  onChosen: (mark: Mark) => void;
}

/** Always there, so that what comes into it is told. */
function Faults({ id, marks, onChosen }: FaultsProps) {
  const { t } = useTranslation();
  return (
    <div id={id} role="status" aria-live="polite">
      {marks.length > 0 && (
        <ul className="code-faults">
          {marks.map((mark, index) => (
            <li key={`${index} ${mark.message}`}>
              <button
                type="button"
                onClick={() => {
                  onChosen(mark);
                }}
              >
                {t('inspector.code.line', { line: mark.line })}
              </button>
              {': '}
              {mark.reason === undefined
                ? mark.message
                : t(`inspector.json.${mark.reason}`, { defaultValue: t('inspector.json.wrong') })}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
