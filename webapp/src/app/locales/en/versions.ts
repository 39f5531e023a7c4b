export const versions = {
  versions: {},
};
