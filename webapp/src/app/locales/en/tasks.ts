export const tasks = {
  tasks: {
    title: 'Tasks',
    route: 'Pipeline',
    status: 'Status',
    all: 'all',
    id: 'Task',
    created: 'Created',
    seconds: 'Seconds',
    more: 'Older',
    newest: 'Newest',
    none: 'There are no such tasks.',
  },
};
