/** Fields that this page does not know, or that are none of this type: shown as JSON, and kept. */

import { Button, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { isObject } from '../../model/definition';
import { nameOf, useHeld } from './held';
import { type Place, valueAt } from './place';
import { JsonValue } from './values';

/** The names of the fields at a place that are not known. */
export function useOthers(place: Place, known: readonly string[]): string[] {
  const { node } = useHeld();
  const held = valueAt(node, place);
  return isObject(held) ? Object.keys(held).filter((name) => !known.includes(name)) : [];
}

export function OtherFields({ place, known }: { place: Place; known: readonly string[] }) {
  const { t } = useTranslation();
  const { set } = useHeld();
  return useOthers(place, known).map((name) => (
    <Stack key={name} gap={4}>
      <JsonValue place={[...place, name]} />
      <Button
        size="compact-xs"
        variant="default"
        style={{ alignSelf: 'flex-end' }}
        onClick={() => {
          set([...place, name], undefined);
        }}
      >
        {t('inspector.remove', { field: nameOf([...place, name]) })}
      </Button>
    </Stack>
  ));
}
