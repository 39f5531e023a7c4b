import type { run as words } from '../en/run';

export const run: typeof words = {
  run: {
    title: 'L’exécuter',
    submit: 'Exécuter',
    nothing: 'Il ne prend rien.',
    file: 'Déposez un fichier, collez une image, ou choisissez-en un',
    chosen: '{{name}}, {{size}}',
    as: 'En ligne de commande',
    fault: {
      missing: 'Ce champ est nécessaire.',
      number: 'Un nombre est nécessaire.',
      json: 'Ce n’est pas du JSON.',
      shape: 'Cela n’a pas la forme de l’exemple.',
    },
  },
};
