import { useTranslation } from 'react-i18next';

import type { NodeState } from '../model/wire';
import './canvas/canvas.css';

export function StateBadge({ state }: { state: NodeState }) {
  const { t } = useTranslation();
  return <span className={`state state-${state}`}>{t(`state.${state}`)}</span>;
}
