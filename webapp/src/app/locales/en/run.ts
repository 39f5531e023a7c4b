export const run = {
  run: {
    title: 'Run it',
    submit: 'Run',
    nothing: 'It takes nothing.',
    file: 'Drop a file here, paste a picture, or choose one',
    chosen: '{{name}}, {{size}}',
    as: 'As a command',
    fault: {
      missing: 'This is needed.',
      number: 'A number is needed.',
      json: 'This is no JSON.',
      shape: 'This does not have the shape of the example.',
    },
  },
};
