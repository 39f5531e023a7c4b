/** The languages: what the browser asks for, or what was chosen here. */

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { en } from './locales/en';
import { fr } from './locales/fr';

export const LANGUAGES = { en: 'English', fr: 'Français' } as const;
const KEPT = 'language';

function preferred(): string {
  const wished = [localStorage.getItem(KEPT), ...navigator.languages].map((each) => each?.slice(0, 2));
  return wished.find((each) => each !== undefined && each in LANGUAGES) ?? 'en';
}

export function chooseLanguage(language: string): void {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

export function startLanguages(): void {
  const language = preferred();
  document.documentElement.lang = language;
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    showSupportNotice: false,
    resources: { en: { translation: en }, fr: { translation: fr } },
    interpolation: { escapeValue: false }, // React does
  });
}
