import type { versions as words } from '../en/versions';

export const versions: typeof words = {
  versions: {},
};
