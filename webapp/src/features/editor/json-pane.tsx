/** The definition as text, in step with the graph: what is typed is drawn, and what is drawn is written. */

import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { JsonField } from '../../components/code/json-field';
import type { PlacedFault } from '../../model/checks';
import type { Definition } from '../../model/definition';
import { readDefinition, write } from '../../model/text';

export interface JsonPaneProps {
  definition: Definition;
  /** A text that is no definition yet; null where the text is that of the definition. */
  broken: string | null;
  faults: PlacedFault[];
  onDefinition: (definition: Definition) => void;
  onBroken: (text: string) => void;
}

export function JsonPane({ definition, broken, faults, onDefinition, onBroken }: JsonPaneProps) {
  const { t } = useTranslation();
  // What somebody has typed stays as it was typed, as long as it says what the definition does.
  const [typed, setTyped] = useState<{ text: string; definition: Definition } | null>(null);
  const text = useMemo(
    () => (typed?.definition === definition ? typed.text : write(definition)),
    [typed, definition],
  );
  const marks = useMemo(() => faults.map(({ pointer, detail }) => ({ pointer, message: detail })), [faults]);
  const change = (next: string): void => {
    const { definition: found } = readDefinition(next);
    if (found) {
      setTyped({ text: next, definition: found });
      onDefinition(found);
    } else {
      onBroken(next);
    }
  };
  return (
    <section className="json-pane" aria-label={t('editor.views.json')}>
      <JsonField
        label={t('editor.jsonLabel')}
        value={broken ?? text}
        onChange={change}
        faults={broken === null ? marks : []}
      />
    </section>
  );
}
