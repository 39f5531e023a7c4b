export const debug = {
  debug: {},
};
