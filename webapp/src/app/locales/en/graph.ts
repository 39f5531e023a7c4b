export const graph = {
  graph: {
    label: 'The graph of the pipeline',
    map: 'Overview of the graph',
    noId: '(no id)',
    first: 'first',
    forEach: 'for each of {{items}}',
    missing: '{{id}}: not there',
  },
};
