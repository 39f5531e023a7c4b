/** The settings of this browser. */

import { getRouteApi } from '@tanstack/react-router';

import { SettingsView } from '../features/settings/settings-view';
import { LANGUAGES, chooseLanguage } from './i18n';

const settings = getRouteApi('/settings');

export function SettingsPage() {
  const { refused } = settings.useSearch();
  return <SettingsView languages={LANGUAGES} onLanguage={chooseLanguage} refused={refused} />;
}
