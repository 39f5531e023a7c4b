import type { status as words } from '../en/status';

export const status: typeof words = {
  status: {
    title: 'État du moteur',
    total: 'Tâches',
    running: 'En cours',
    finished: 'Terminées',
    failed: 'Échouées',
    stores: 'Stockage',
    byRoute: 'Tâches par pipeline et par service',
    ready: 'prêt',
    services: 'Services',
  },
};
