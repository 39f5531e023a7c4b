export const settings = {
  settings: {},
};
