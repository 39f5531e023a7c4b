/** What an entry says: where the pipeline is reached, and what it takes. */

import { SegmentedControl, Stack, TagsInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { isObject } from '../../model/definition';
import { useField } from './held';
import { convertedBody, formOf } from './body';
import { OtherFields } from './other-fields';
import { isTexts } from './place';
import { JsonValue, Kept, TextValue } from './values';

const API = ['route', 'body', 'summary', 'description'];

export function EntryFields() {
  const { t } = useTranslation();
  return (
    <Kept place={['api']} is={isObject}>
      {() => (
        <>
          <TextValue place={['api', 'route']} needed />
          <BodyField />
          <TextValue place={['api', 'summary']} />
          <TextValue place={['api', 'description']} hint={t('inspector.hint.description')} long />
          <OtherFields place={['api']} known={API} />
        </>
      )}
    </Kept>
  );
}

const FORMS = ['json', 'one', 'many'] as const;

function BodyField() {
  const { t } = useTranslation();
  const { value, set } = useField(['api', 'body']);
  const form = formOf(value);
  return (
    <Stack gap={6}>
      <SegmentedControl
        size="xs"
        aria-label={t('inspector.body.kind')}
        data={FORMS.map((each) => ({ value: each, label: t(`inspector.body.${each}`) }))}
        value={form}
        onChange={(chosen) => {
          set(convertedBody(value, chosen));
        }}
      />
      {form === 'json' && <JsonValue place={['api', 'body']} hint={t('inspector.body.hintJson')} />}
      {form === 'one' && <TextValue place={['api', 'body']} hint={t('inspector.body.hintOne')} needed />}
      {form === 'many' && <Names />}
    </Stack>
  );
}

function Names() {
  const { t } = useTranslation();
  const { value, set, error } = useField(['api', 'body']);
  const names = value !== undefined && isTexts(value) ? value : [];
  return (
    <TagsInput
      size="xs"
      label="api.body"
      description={t('inspector.body.hintMany')}
      value={names}
      onChange={set}
      error={error}
      errorProps={{ role: 'status' }}
    />
  );
}
