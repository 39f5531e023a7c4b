export const pictures = {
  pictures: {},
};
