/** Code to read, with the line marked that failed. */

import { useTranslation } from 'react-i18next';

export function CodeLines({ field, code, line }: { field: string; code: string; line: number | null }) {
  const { t } = useTranslation();
  return (
    <div className="code-lines" role="region" tabIndex={0} aria-label={t('debug.code.label', { field })}>
      {code.split('\n').map((text, at) => {
        const wrong = at + 1 === line;
        return (
          <div
            key={at}
            className={wrong ? 'code-line is-wrong' : 'code-line'}
            {...(wrong ? { 'data-line': line } : {})}
          >
            <span>{wrong ? `✕ ${at + 1}` : at + 1}</span>
            <span>
              {text || ' '}
              {wrong && <span className="unseen"> {t('debug.code.failed')}</span>}
            </span>
          </div>
        );
      })}
    </div>
  );
}
