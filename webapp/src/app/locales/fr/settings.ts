import type { settings as words } from '../en/settings';

export const settings: typeof words = {
  settings: {},
};
