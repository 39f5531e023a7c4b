/** What is wrong at a field, in words: the page's, or those of the engine. */

import { useTranslation } from 'react-i18next';

import type { Wrong } from './use-submission';

export function useFaultText(): (faults: Wrong[]) => string | undefined {
  const { t } = useTranslation();
  return (faults) => {
    const texts = faults.map((each) => ('reason' in each ? t(`run.fault.${each.reason}`) : each.detail));
    return texts.length > 0 ? [...new Set(texts)].join(' ') : undefined;
  };
}
