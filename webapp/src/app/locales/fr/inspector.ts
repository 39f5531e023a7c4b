import type { inspector as words } from '../en/inspector';

export const inspector: typeof words = {
  inspector: {},
};
