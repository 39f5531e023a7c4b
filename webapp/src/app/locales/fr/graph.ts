import type { graph as words } from '../en/graph';

export const graph: typeof words = {
  graph: {
    label: 'Le graphe du pipeline',
    edit: 'Le graphe du pipeline. Les flèches passent d’un nœud à l’autre, a ajoute, c relie, le point d’interrogation montre toutes les touches.',
    map: 'Vue d’ensemble du graphe',
    noId: '(sans id)',
    first: 'premier',
    forEach: 'pour chaque élément de {{items}}',
    missing: '{{id}} : introuvable',
    faults_one: '{{count}} erreur',
    faults_other: '{{count}} erreurs',
    kind: {
      entry: 'Entrée',
      node: 'Nœud',
      service: 'Service',
      http: 'HTTP',
      branch: 'Branche',
      loop: 'Boucle',
      end: 'Fin',
      loopEnd: 'Fin du corps',
      missing: 'Introuvable',
      unknown: 'Type inconnu',
    },
    refused: {
      sameNode: 'Un nœud ne peut pas se suivre lui-même.',
      otherLevel: 'Les liens restent dans le corps d’une boucle ou en dehors : reliez la boucle elle-même.',
      intoEntry: 'Rien ne mène à l’entrée : elle commence le pipeline.',
      fromEnd: 'Rien ne suit la fin du pipeline.',
      alreadyThere: 'Ces deux nœuds sont déjà reliés.',
      noSide: 'Une branche continue par ses côtés, then et else ; tout autre nœud par next.',
      endless: 'Ce serait un cercle sans fin : seule une branche peut revenir en arrière.',
      notANode: 'Rien ne peut partir d’ici.',
      unknownNode: 'Il n’y a pas de tel nœud ici.',
    },
  },
};
