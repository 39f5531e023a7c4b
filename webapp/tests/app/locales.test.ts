import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';

import { en } from '../../src/app/locales/en';
import { fr } from '../../src/app/locales/fr';

beforeAll(() =>
  i18next.init({
    lng: 'en',
    showSupportNotice: false,
    resources: { en: { translation: en }, fr: { translation: fr } },
  }),
);

describe('how quick a route is', () => {
  it.each([
    ['en', 1, 'The only task so far took 3 ms'],
    ['en', 2, 'Half of 2 tasks within 3 ms, 95 of 100 within 9 ms'],
    ['fr', 1, 'La seule tâche jusqu’ici a duré 3 ms'],
    ['fr', 2, 'La moitié de 2 tâches en 3 ms, 95 sur 100 en 9 ms'],
  ])('is told in %s of %i', (lng, count, text) => {
    expect(i18next.t('catalogue.times', { lng, count, p50: '3 ms', p95: '9 ms' })).toBe(text);
  });
});
