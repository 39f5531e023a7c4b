/** A row of the chart in words. */

import { useTranslation } from 'react-i18next';

import { type Row, durationText } from '../../model/timeline';

export function useRowText(): (row: Row, critical: boolean) => string {
  const { t } = useTranslation();
  return (row, critical) => {
    const label = row.count > 1 ? t('debug.gantt.times', { label: row.label, count: row.count }) : row.label;
    const state = t(`state.${row.state}`);
    if (row.from === null) return t('debug.gantt.toldNever', { label, state });
    const took = durationText(row.busy);
    return [
      t('debug.gantt.told', { label, state, from: durationText(row.from), took }),
      ...(row.waited > 0 ? [t('debug.gantt.toldWaited', { waited: durationText(row.waited) })] : []),
      ...(row.attempts > 0 ? [t('debug.node.attempts', { count: row.attempts })] : []),
      ...(row.count > 1 && row.failed > 0
        ? [t('debug.gantt.failedOf', { failed: row.failed, count: row.count })]
        : []),
      ...(critical ? [t('debug.gantt.critical')] : []),
    ].join(' · ');
  };
}
