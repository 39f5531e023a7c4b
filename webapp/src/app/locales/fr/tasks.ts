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
    compare: 'Comparer les deux',
    chooseOf: 'Choisir la tâche {{id}} pour la comparer',
    choose: 'Comparer',
    chosen_one: '{{count}} tâche choisie. Choisissez-en deux pour les comparer.',
    chosen_other: '{{count}} tâches choisies.',
    unchoose: 'N’en choisir aucune',
  },
};
