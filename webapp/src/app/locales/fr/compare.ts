import type { compare as words } from '../en/compare';

export const compare: typeof words = {
  compare: {},
};
