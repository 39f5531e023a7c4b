/** What happened, said below the graph and to screen readers; and what is selected, to these. */

import { useTranslation } from 'react-i18next';

import { type Definition, type NodeKey, LOOP_END, idOf, typeOf } from '../../model/definition';
import { find } from '../../model/edit';
import { loopOfEnd } from '../../model/insert';
import { surroundings } from '../../model/outline';
import type { Said } from './store';

export interface SpokenProps {
  definition: Definition;
  selection: readonly NodeKey[];
  faults: ReadonlyMap<NodeKey, number>;
  said: Said | null;
}

function useSelected({ definition, selection, faults }: SpokenProps): string {
  const { t } = useTranslation();
  const key = selection.at(-1);
  if (key === undefined) return '';
  if (selection.length > 1) return t('editor.selected', { count: selection.length });
  const loop = loopOfEnd(key);
  const node = find(definition, loop ?? key)?.node ?? {};
  if (loop !== null) return t('editor.isEnd', { id: LOOP_END, loop: idOf(node) });
  const { before, after } = surroundings(definition, key);
  const count = faults.get(key) ?? 0;
  const parts = [
    `${idOf(node)}, ${t(`graph.kind.${typeOf(node) ?? 'unknown'}`)}`,
    before.length > 0 && t('editor.isAfter', { ids: before.join(', ') }),
    after.length > 0 && t('editor.isBefore', { ids: after.join(', ') }),
    count > 0 && t('graph.faults', { count }),
  ];
  return parts.filter(Boolean).join(' · ');
}

export function Spoken(props: SpokenProps) {
  const { t } = useTranslation();
  const { said } = props;
  const selected = useSelected(props);
  return (
    <div className="spoken">
      <span role="status" className="spoken-selected">
        {selected}
      </span>
      <span role="status" data-refused={said?.refused ?? false} className="spoken-said">
        {said && (said.refused ? '⚠ ' : '') + t(said.key, said.values)}
      </span>
    </div>
  );
}
