import type { app as words } from '../en/app';

export const app: typeof words = {
  app: { name: 'Pipelines', skip: 'Aller au contenu', theme: 'Clair ou sombre', language: 'Langue' },
  nav: { catalogue: 'Catalogue', tasks: 'Tâches', status: 'État', settings: 'Réglages', docs: 'API' },
  state: {
    pending: 'en attente',
    running: 'en cours',
    finished: 'terminé',
    skipped: 'sauté',
    error: 'erreur',
    cancelled: 'annulé',
  },
  error: { title: 'Cela n’a pas fonctionné', again: 'Réessayer', notFound: 'Cette page n’existe pas' },
};
