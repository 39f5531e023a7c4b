/** The settings of this browser, and the keys of the engine. */

import { SettingsView } from '../features/settings/settings-view';
import { LANGUAGES, chooseLanguage } from './i18n';

export function SettingsPage() {
  return <SettingsView languages={LANGUAGES} onLanguage={chooseLanguage} />;
}
