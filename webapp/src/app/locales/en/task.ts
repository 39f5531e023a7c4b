export const task = {
  task: {
    title: 'Task {{id}}',
    created: 'created {{at}}',
    took: 'took {{seconds}} s',
    progress: '{{done}} of {{total}} nodes',
    result: 'Result',
    cancel: 'Cancel',
    retry: 'Go on from what failed',
    offline: 'The connection to the engine is lost; it is taken up again.',
    gone: 'There is no such task. Ended tasks are removed after a time.',
    download: 'Download {{name}}',
    node: 'What {{id}} does',
  },
};
