export const app = {
  app: { name: 'Pipelines', skip: 'Skip to the content', theme: 'Light or dark', language: 'Language' },
  nav: { catalogue: 'Catalogue', tasks: 'Tasks', status: 'Status', settings: 'Settings', docs: 'API' },
  state: {
    pending: 'pending',
    running: 'running',
    finished: 'finished',
    skipped: 'skipped',
    error: 'error',
    cancelled: 'cancelled',
  },
  error: { title: 'This did not work', again: 'Try again', notFound: 'There is no such page' },
};
