/** Two texts, line by line: side by side where there is room, one below the other on a phone. */

import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';

import { type Line, type Row, type Stretch, compareLines, folded } from '../../model/diff-lines';
import './diff.css';

/** `repeated`: it says the same as the other side, and is left out where they stand one below the other. */
function Side({ line, side, same }: { line: Line | null; side: 'old' | 'new'; same: boolean }) {
  const { t } = useTranslation();
  const repeated = same && side === 'new' ? ' diff-repeated' : '';
  if (!line) return <td colSpan={2} className="diff-nothing" />;
  return (
    <>
      <td className={`diff-number${repeated}`} aria-hidden="true">
        {line.number}
      </td>
      <td className={same ? repeated : `diff-${side}`}>
        {!same && (
          <span className="diff-sign">
            <span aria-hidden="true">{side === 'old' ? '−' : '+'}</span>
            <span className="unseen">
              {t(side === 'old' ? 'versions.lineRemoved' : 'versions.lineAdded')}{' '}
            </span>
          </span>
        )}
        {line.text || ' '}
      </td>
    </>
  );
}

function Rows({ rows }: { rows: Row[] }) {
  return rows.map((row) => (
    <tr key={`${row.before?.number ?? ''}-${row.after?.number ?? ''}`}>
      <Side line={row.before} side="old" same={row.same} />
      <Side line={row.after} side="new" same={row.same} />
    </tr>
  ));
}

function Part({ stretch }: { stretch: Stretch }) {
  const { t } = useTranslation();
  if ('rows' in stretch) return <Rows rows={stretch.rows} />;
  return (
    <tr>
      <td colSpan={4} className="diff-left">
        {t('versions.sameLines', { count: stretch.left })}
      </td>
    </tr>
  );
}

export function TextDiff({ before, after, label }: { before: string; after: string; label: string }) {
  const stretches = folded(compareLines(before, after));
  return (
    <table className="diff-code" aria-label={label}>
      <colgroup>
        <col className="diff-number" />
        <col />
        <col className="diff-number" />
        <col />
      </colgroup>
      <tbody>
        {stretches.map((stretch, index) => (
          <Fragment key={index}>
            <Part stretch={stretch} />
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}
