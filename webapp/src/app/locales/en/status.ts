export const status = {
  status: {
    title: 'Status of the engine',
    total: 'Tasks',
    running: 'Running',
    finished: 'Finished',
    failed: 'Failed',
    stores: 'Stores',
    byRoute: 'Tasks by pipeline and service',
    ready: 'ready',
    services: 'Services',
  },
};
