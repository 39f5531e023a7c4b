/** Completion of names in code, from the suggestions of the page. */

import type { Completion, CompletionSource } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';

import type { Suggestion } from '../../model/paths';

const SILENT: ReadonlySet<string> = new Set(['String', 'Comment']);

/** What completes the chain of names before the cursor, `detect.out.an`, from its last dot on. */
export function completing(suggestions: () => readonly Suggestion[], later: () => string): CompletionSource {
  return (context) => {
    const chain = context.matchBefore(/[\w.]*/);
    if (!chain || (chain.text === '' && !context.explicit)) return null;
    if (SILENT.has(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return null;
    const base = chain.text.slice(0, chain.text.lastIndexOf('.') + 1);
    const options = suggestions()
      .filter(({ path }) => path.startsWith(base) && path.length > base.length)
      .map((each, index) => optionOf(each, base, later(), index));
    return options.length ? { from: chain.from + base.length, options, validFor: /^\w*$/ } : null;
  };
}

function optionOf(
  { path, detail, later = false }: Suggestion,
  base: string,
  mark: string,
  index: number,
): Completion {
  const label = path.slice(base.length);
  const depth = label.split('.').length - 1;
  const rank = detail === 'function' || detail === 'module' || detail === 'keyword' ? 20 : 0;
  const told = [detail, ...(later ? [mark] : [])].filter(Boolean).join(' · ');
  const boost = Math.max(-99, -10 * depth - rank - (later ? 40 : 0) - Math.min(index, 9));
  return { label, detail: told, boost };
}
