export const pipeline = {
  pipeline: {
    version: 'Version {{version}}',
    edit: 'Edit',
    graph: 'Graph',
    json: 'JSON',
    run: 'Run',
    node: 'Node {{id}}',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    download: 'Download',
  },
};
