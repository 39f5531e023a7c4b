export const inspector = {
  inspector: {},
};
