import type { graph as words } from '../en/graph';

export const graph: typeof words = {
  graph: {
    label: 'Le graphe du pipeline',
    map: 'Vue d’ensemble du graphe',
    noId: '(sans id)',
    first: 'premier',
    forEach: 'pour chaque élément de {{items}}',
    missing: '{{id}} : introuvable',
  },
};
