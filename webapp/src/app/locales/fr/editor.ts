import type { editor as words } from '../en/editor';

export const editor: typeof words = {
  editor: {},
};
