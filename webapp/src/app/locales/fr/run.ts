import type { run as words } from '../en/run';

export const run: typeof words = {
  run: {
    title: 'L’exécuter',
    submit: 'Exécuter',
    reset: 'Comme au début',
    nothing: 'Il ne prend rien.',
    choose: 'Choisir un fichier',
    other: 'Choisir un autre fichier',
    file: 'ou déposez-le ici, ou collez une image',
    chosen: '{{name}}, {{size}}',
    taken: 'Repris : {{names}}',
    noRoom: 'Aucun champ n’est libre pour ce fichier.',
    asJson: 'Écrire du JSON pour {{name}}',
    asFile: 'Choisir un fichier pour {{name}}',
    jsonPart:
      'Les clés d’un objet sont reprises dans l’entrée ; une autre valeur est envoyée sous le nom « {{name}} ».',
    items_one: '{{count}} élément',
    items_other: '{{count}} éléments',
    add: 'Ajouter à {{name}}',
    remove: 'Retirer {{name}}',
    sending: '{{sent}} sur {{total}} envoyés, {{percent}} %',
    sent: '{{total}} envoyés ; le moteur les enregistre',
    cancel: 'Annuler',
    as: 'En ligne de commande',
    copy: 'Copier pour {{name}}',
    fault: {
      missing: 'Ce champ est nécessaire.',
      number: 'Un nombre est nécessaire.',
      large: 'Un navigateur ne peut pas envoyer exactement un si grand entier ; utilisez une des commandes.',
      json: 'Ce n’est pas du JSON.',
      shape: 'Cela n’a pas la forme de l’exemple.',
      changed: 'Ce fichier a changé ou disparu depuis qu’il a été choisi ; choisissez-le à nouveau.',
    },
  },
};
