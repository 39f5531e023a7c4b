/** All faults of the pipeline, each of which leads to its place. */

import { Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Checked, PlacedFault } from '../../model/checks';
import { type Definition, type NodeKey, idOf } from '../../model/definition';
import { find } from '../../model/edit';
import type { AllUnfinished } from '../../model/unfinished';

export interface FaultsListProps {
  definition: Definition;
  checked: Checked | null;
  checking: boolean;
  faults: PlacedFault[];
  /** Nodes with a text that is no JSON yet, and is no part of the pipeline. */
  unfinished: AllUnfinished;
  onGo: (key: NodeKey) => void;
}

/** A way to each node where somebody has begun a text and gone away. */
function UnfinishedTexts({
  definition,
  unfinished,
  onGo,
}: Pick<FaultsListProps, 'definition' | 'unfinished' | 'onGo'>) {
  const { t } = useTranslation();
  const all = [...unfinished].filter(([key]) => find(definition, key));
  if (all.length === 0) return null;
  return (
    <ul>
      {all.map(([key, texts]) => (
        <li key={key}>
          <UnstyledButton
            className="fault"
            onClick={() => {
              onGo(key);
            }}
          >
            <b>{idOf(find(definition, key)?.node ?? {}) || key}</b> ·{' '}
            {t('editor.unfinished', { fields: texts.map(({ place }) => place.join('.')).join(', ') })}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}

export function FaultsList(props: FaultsListProps) {
  const { definition, checked, checking, faults, onGo } = props;
  const { t } = useTranslation();
  const failed = checked?.failed ?? null;
  const words = (): string => {
    if (failed !== null) return t('editor.notChecked', { why: failed });
    if (checked === null || (checking && faults.length === 0)) return t('editor.checking');
    return faults.length ? t('editor.faulty', { count: faults.length }) : t('editor.faultless');
  };
  const sign = (): string => {
    if (failed !== null || faults.length > 0) return '⚠';
    return checked === null || checking ? '…' : '✓';
  };
  return (
    <section className="faults" aria-label={t('editor.faults')}>
      <Text size="sm" fw={600} role="status" data-faults={checking ? 'checking' : faults.length}>
        {sign()} {words()}
      </Text>
      {faults.length > 0 && (
        <ul>
          {faults.map(({ key, field, pointer, detail }) => (
            <li key={`${pointer} ${detail}`}>
              {key === null ? (
                <Text size="sm">
                  {field} {detail}
                </Text>
              ) : (
                <UnstyledButton
                  className="fault"
                  onClick={() => {
                    onGo(key);
                  }}
                >
                  <b>{idOf(find(definition, key)?.node ?? {}) || key}</b>
                  {field && <span> · {field}</span>}: {detail}
                </UnstyledButton>
              )}
            </li>
          ))}
        </ul>
      )}
      <UnfinishedTexts {...props} />
    </section>
  );
}
