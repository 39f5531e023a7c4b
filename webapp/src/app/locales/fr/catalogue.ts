import type { catalogue as words } from '../en/catalogue';

export const catalogue: typeof words = {
  catalogue: {
    title: 'Pipelines et services',
    search: 'Rechercher',
    pipelines: 'Pipelines',
    services: 'Services',
    none: 'Rien n’a été trouvé.',
    empty: 'Il n’y a pas encore de pipeline. Déposez ici le fichier JSON d’un pipeline.',
    import: 'Importer un fichier JSON',
    drop: 'ou le déposer n’importe où sur cette page',
    imported: 'Enregistré : {{route}}',
    alive: 'présent',
    away: 'absent',
    waitsFor: 'attend {{names}}',
    usedBy: 'Utilisé par {{names}}',
    uses: 'Utilise {{names}}',
    broken: 'un service utilisé a changé',
    instances_one: '{{count}} instance',
    instances_other: '{{count}} instances',
    breaker: '{{url}} échoue : rappelé dans {{seconds}} s',
    wrongFile: '{{name}} ne contient pas de pipeline : {{reason}}',
  },
};
