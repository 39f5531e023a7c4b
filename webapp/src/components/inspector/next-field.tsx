/** The successors of a node, as chips, with those that may be added. */

import { Button, MultiSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { LOOP_END, idOf, placed, typeOf } from '../../model/definition';
import { find } from '../../model/edit';
import { nameOf, useField, useHeld } from './held';
import { type Place, isTexts } from './place';
import { Kept } from './values';

export interface NextFieldProps {
  place: Place;
  hint: string;
  /** Where it is missing, another list holds: it can be taken out again. */
  canGo?: boolean;
}

export function NextField({ place, hint, canGo = false }: NextFieldProps) {
  const { t } = useTranslation();
  const { set, error, value: held } = useField(place);
  const offered = useOffered();
  return (
    <Kept place={place} is={isTexts}>
      {(value = []) => (
        <div>
          <MultiSelect
            size="xs"
            label={nameOf(place)}
            description={hint}
            data={[...new Set([...offered, ...value])]}
            value={[...new Set(value)]}
            onChange={set}
            searchable
            hidePickedOptions
            placeholder={value.length ? '' : t('inspector.next.add')}
            nothingFoundMessage={t('inspector.next.none')}
            error={error}
            errorProps={{ role: 'status' }}
          />
          {canGo && held !== undefined && (
            <Button
              mt={4}
              size="compact-xs"
              variant="default"
              onClick={() => {
                set(undefined);
              }}
            >
              {t('inspector.next.own')}
            </Button>
          )}
        </div>
      )}
    </Kept>
  );
}

/** The nodes of the same level that may follow, and the end of the body. */
function useOffered(): string[] {
  const { definition, nodeKey } = useHeld();
  const level = find(definition, nodeKey)?.level ?? null;
  const ids = placed(definition)
    .filter((each) => each.level === level && each.key !== nodeKey && typeOf(each.node) !== 'entry')
    .map(({ node }) => idOf(node))
    .filter(Boolean);
  return level === null ? ids : [...ids, LOOP_END];
}
