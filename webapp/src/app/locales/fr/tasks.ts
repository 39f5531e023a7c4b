import type { tasks as words } from '../en/tasks';

export const tasks: typeof words = {
  tasks: {
    title: 'Tâches',
    route: 'Pipeline',
    status: 'État',
    all: 'tous',
    id: 'Tâche',
    created: 'Créée',
    seconds: 'Secondes',
    more: 'Plus anciennes',
    newest: 'Les plus récentes',
    none: 'Il n’y a pas de telles tâches.',
  },
};
