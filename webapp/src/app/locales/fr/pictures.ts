import type { pictures as words } from '../en/pictures';

export const pictures: typeof words = {
  pictures: {},
};
