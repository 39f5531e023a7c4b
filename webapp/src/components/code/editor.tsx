/** CodeMirror as a component. All that needs it is loaded with this module, which is loaded when the first field is shown. */

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { python } from '@codemirror/lang-python';
import {
  bracketMatching,
  codeFolding,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
} from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, type Extension, Transaction } from '@codemirror/state';
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  keymap,
  lineNumbers,
  tooltips,
} from '@codemirror/view';
import { useComputedColorScheme } from '@mantine/core';
import { type Ref, type RefObject, useEffect, useImperativeHandle, useRef } from 'react';

import type { Suggestion } from '../../model/paths';
import { completing } from './completion';
import type { Mark } from './marks';
import { THEME } from './theme';

export interface EditorHandle {
  /** Select a stretch and show it; with `focus` go there as well. */
  select: (from: number, to: number, focus: boolean) => void;
}

export interface EditorProps {
  language: 'python' | 'json';
  labelledBy: string;
  describedBy: string;
  value: string;
  onChange: (value: string) => void;
  marks: readonly Mark[];
  suggestions?: readonly Suggestion[];
  /** What is said of a suggestion that may not have run. */
  later?: string;
  readOnly?: boolean;
  minLines?: number;
  maxHeight?: string;
  ref?: Ref<EditorHandle>;
}

/** A change that comes from outside is not told back. */
const outside = Annotation.define<boolean>();

interface Held {
  view: EditorView;
  settings: Compartment;
}

export default function Editor(props: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const held = useRef<Held | null>(null);
  const latest = useRef(props);
  const dark = useComputedColorScheme('light') === 'dark';
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (!host.current) return;
    const settings = new Compartment();
    const extensions = [settings.of([]), basics(latest)];
    const state = EditorState.create({ doc: latest.current.value, extensions });
    const view = new EditorView({ parent: host.current, state });
    held.current = { view, settings };
    return () => {
      held.current = null;
      view.destroy();
    };
  }, []);
  const {
    labelledBy,
    describedBy,
    readOnly = false,
    minLines = 1,
    maxHeight = '40vh',
    value,
    marks,
    ref,
  } = props;
  const wrong = marks.length > 0;
  useEffect(() => {
    const chosen = chosenSettings({ labelledBy, describedBy, readOnly, minLines, maxHeight, wrong, dark });
    held.current?.view.dispatch({ effects: held.current.settings.reconfigure(chosen) });
  }, [labelledBy, describedBy, readOnly, minLines, maxHeight, wrong, dark]);
  useEffect(() => {
    if (held.current) replaceText(held.current.view, value);
  }, [value]);
  useEffect(() => {
    if (held.current) showMarks(held.current.view, marks);
  }, [marks]);
  useImperativeHandle(ref, () => ({
    select: (from, to, focus) => {
      if (held.current) select(held.current.view, from, to, focus);
    },
  }));
  return <div ref={host} />;
}

function select(view: EditorView, from: number, to: number, focus: boolean): void {
  const end = view.state.doc.length;
  const selection = { anchor: Math.min(from, end), head: Math.min(to, end) };
  view.dispatch({ selection, effects: EditorView.scrollIntoView(selection.anchor, { y: 'center' }) });
  if (focus) view.focus();
}

function basics(latest: RefObject<EditorProps>): Extension {
  const isJson = latest.current.language === 'json';
  return [
    isJson ? json() : [python(), indentUnit.of('    ')],
    isJson ? [lineNumbers(), codeFolding(), foldGutter()] : lineNumbers(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    highlightActiveLine(),
    lintGutter(),
    tooltips({ position: 'fixed', parent: document.body }),
    autocompletion({
      override: isJson
        ? []
        : [
            completing(
              () => latest.current.suggestions ?? [],
              () => latest.current.later ?? '',
            ),
          ],
      icons: false,
      maxRenderedOptions: 60,
    }),
    // Tab takes a suggestion while there are some, and else leaves the field: it never indents.
    keymap.of([
      ...completionKeymap,
      { key: 'Tab', run: acceptCompletion },
      ...closeBracketsKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...defaultKeymap,
    ]),
    EditorView.lineWrapping,
    EditorView.updateListener.of((update) => {
      const own = update.transactions.some((each) => each.docChanged && each.annotation(outside) !== true);
      if (own) latest.current.onChange(update.state.doc.toString());
    }),
    THEME,
  ];
}

interface Settings extends Required<
  Pick<EditorProps, 'labelledBy' | 'describedBy' | 'readOnly' | 'minLines' | 'maxHeight'>
> {
  wrong: boolean;
  dark: boolean;
}

function chosenSettings(chosen: Settings): Extension {
  return [
    EditorView.contentAttributes.of({
      'aria-labelledby': chosen.labelledBy,
      'aria-describedby': chosen.describedBy,
      ...(chosen.wrong ? { 'aria-invalid': 'true' } : {}),
      ...(chosen.readOnly ? { 'aria-readonly': 'true' } : {}),
      tabindex: '0',
    }),
    EditorState.readOnly.of(chosen.readOnly),
    EditorView.editable.of(!chosen.readOnly),
    EditorView.darkTheme.of(chosen.dark),
    EditorView.theme({
      '.cm-scroller': { maxHeight: chosen.maxHeight, overflow: 'auto' },
      '.cm-content, .cm-gutter': { minHeight: `${chosen.minLines * 1.4 + 0.6}em` },
    }),
  ];
}

/** Make the text another one with the least change, so that the cursor stays where it is. */
function replaceText(view: EditorView, value: string): void {
  const text = view.state.doc.toString();
  if (text === value) return;
  let start = 0;
  while (start < text.length && text[start] === value[start]) start += 1;
  let end = 0;
  const most = Math.min(text.length, value.length) - start;
  while (end < most && text[text.length - 1 - end] === value[value.length - 1 - end]) end += 1;
  view.dispatch({
    changes: { from: start, to: text.length - end, insert: value.slice(start, value.length - end) },
    annotations: [outside.of(true), Transaction.addToHistory.of(false)],
  });
}

function showMarks(view: EditorView, marks: readonly Mark[]): void {
  const length = view.state.doc.length;
  const shown = marks.map(({ from, to, message }) => {
    const start = Math.min(from, length);
    return { from: start, to: Math.min(Math.max(to, start), length), message, severity: 'error' as const };
  });
  view.dispatch(setDiagnostics(view.state, shown));
}
