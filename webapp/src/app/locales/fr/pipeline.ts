import type { pipeline as words } from '../en/pipeline';

export const pipeline: typeof words = {
  pipeline: {
    version: 'Version {{version}}',
    edit: 'Modifier',
    graph: 'Graphe',
    json: 'JSON',
    run: 'Exécuter',
    node: 'Nœud {{id}}',
    close: 'Fermer',
    copy: 'Copier',
    copied: 'Copié',
    download: 'Télécharger',
  },
};
