import type { debug as words } from '../en/debug';

export const debug: typeof words = {
  debug: {},
};
