export const editor = {
  editor: {},
};
