/** The colours of code, by the variables of `code.css`, which know light and dark. */

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colour = (name: string): { color: string } => ({ color: `var(--code-${name})` });

const HIGHLIGHT = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.self], ...colour('keyword') },
  { tag: [tags.string, tags.special(tags.string)], ...colour('string') },
  { tag: [tags.number, tags.bool, tags.null], ...colour('number') },
  { tag: [tags.propertyName, tags.attributeName], ...colour('property') },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], ...colour('function') },
  { tag: tags.comment, ...colour('comment'), fontStyle: 'italic' },
  { tag: tags.invalid, ...colour('wrong') },
]);

const FRAME = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--mantine-color-text)', backgroundColor: 'var(--code-field)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    caretColor: 'var(--mantine-color-text)',
  },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--code-gutter)',
    color: 'var(--code-comment)',
    borderRight: '1px solid var(--mantine-color-default-border)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--code-active)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection':
    {
      backgroundColor: 'var(--code-selection)',
    },
  '.cm-matchingBracket': {
    backgroundColor: 'var(--code-match)',
    outline: '1px solid var(--code-match-edge)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--code-match)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--code-selection)' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--mantine-color-default)',
    borderColor: 'var(--mantine-color-default-border)',
    color: 'var(--mantine-color-text)',
  },
  '.cm-tooltip, .cm-panels': {
    color: 'var(--mantine-color-text)',
    backgroundColor: 'var(--mantine-color-body)',
    border: '1px solid var(--mantine-color-default-border)',
  },
  '.cm-tooltip': { borderRadius: '4px', boxShadow: 'var(--mantine-shadow-md)', maxWidth: 'min(90vw, 520px)' },
  '.cm-tooltip-autocomplete > ul > li': { display: 'flex', gap: '8px', padding: '3px 8px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--mantine-color-white)',
    backgroundColor: 'var(--mantine-color-blue-filled)',
  },
  '.cm-completionLabel': { flex: '1', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-completionMatchedText': { fontWeight: '700' },
  '.cm-completionDetail': { color: 'inherit', fontStyle: 'normal', opacity: '0.85' },
  '.cm-button, .cm-textfield': {
    color: 'inherit',
    background: 'var(--mantine-color-default)',
    border: '1px solid var(--mantine-color-default-border)',
    borderRadius: '4px',
  },
  '.cm-diagnostic': { whiteSpace: 'pre-wrap' },
});

export const THEME: Extension = [FRAME, syntaxHighlighting(HIGHLIGHT)];
