import type { task as words } from '../en/task';

export const task: typeof words = {
  task: {
    title: 'Tâche {{id}}',
    created: 'créée {{at}}',
    took: 'a duré {{seconds}} s',
    progress: '{{done}} nœuds sur {{total}}',
    result: 'Résultat',
    cancel: 'Annuler',
    retry: 'Reprendre à partir de l’échec',
    offline: 'La connexion au moteur est perdue ; elle est rétablie dès que possible.',
    gone: 'Cette tâche n’existe pas. Les tâches terminées sont supprimées après un certain temps.',
    download: 'Télécharger {{name}}',
    node: 'Ce que fait {{id}}',
  },
};
