/** Files that are pasted anywhere on the page, unless somebody writes a text just then. */

import { useEffect, useRef } from 'react';

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)
  );
}

export function usePasted(take: (files: File[]) => void): void {
  const current = useRef(take);
  useEffect(() => {
    current.current = take;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      const text = event.clipboardData?.types.includes('text/plain') ?? false;
      if (files.length === 0 || event.defaultPrevented || (text && isWriting(event.target))) return;
      event.preventDefault();
      current.current(files);
    };
    document.addEventListener('paste', paste);
    return () => {
      document.removeEventListener('paste', paste);
    };
  }, []);
}
