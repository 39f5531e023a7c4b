/** Keys and the clipboard, wherever the focus is in the editor. */

import { useEffect, useEffectEvent } from 'react';

import { type Command, commandOf } from '../../model/keys';

const FIELDS = 'input, textarea, select, [contenteditable="true"]';

/** Keys that mean something else on buttons and links. From the palette Tab goes on to what comes behind it. */
const ON_GRAPH: ReadonlySet<string> = new Set(['Enter', 'Tab']);

function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(FIELDS) !== null;
}

export interface KeysProps {
  /** A dialog is open: keys are its own. */
  paused: boolean;
  onCommand: (command: Command) => void;
  onCopy: () => string;
  onCut: () => string;
  onPaste: (text: string) => void;
  /** Escape was pressed in a field beside the graph. */
  onLeave: () => void;
}

export function useKeys({ paused, onCommand, onCopy, onCut, onPaste, onLeave }: KeysProps): void {
  const isOurs = (target: EventTarget | null): boolean => {
    const inside = target instanceof Element && target.closest('.editor') !== null;
    return !paused && (inside || target === document.body);
  };

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || !isOurs(event.target)) return;
    const typing = inField(event.target);
    if (typing && event.key === 'Escape') {
      onLeave();
      return;
    }
    const onGraph = event.target instanceof Element && event.target.matches('.react-flow');
    const command = commandOf(event, typing);
    if (command === null || (ON_GRAPH.has(event.key) && !onGraph)) return;
    event.preventDefault();
    onCommand(command);
  });

  const onClipboard = useEffectEvent((event: ClipboardEvent) => {
    if (!isOurs(event.target) || inField(event.target) || !event.clipboardData) return;
    if (event.type === 'paste') {
      onPaste(event.clipboardData.getData('text/plain'));
      event.preventDefault();
      return;
    }
    if (window.getSelection()?.toString()) return; // somebody copies words of the page
    const text = event.type === 'cut' ? onCut() : onCopy();
    if (!text) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  });

  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      onKeyDown(event);
    };
    const clipboard = (event: ClipboardEvent): void => {
      onClipboard(event);
    };
    const names = ['copy', 'cut', 'paste'] as const;
    window.addEventListener('keydown', keys);
    for (const name of names) window.addEventListener(name, clipboard);
    return () => {
      window.removeEventListener('keydown', keys);
      for (const name of names) window.removeEventListener(name, clipboard);
    };
  }, []);
}
