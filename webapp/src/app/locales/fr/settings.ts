import type { settings as words } from '../en/settings';

export const settings: typeof words = {
  settings: {
    title: 'Réglages',
    theme: 'Thème',
    auto: 'Comme le système',
    light: 'Clair',
    dark: 'Sombre',
    language: 'Langue',
    key: 'Clé d’API',
    keySays:
      'Envoyée avec chaque requête comme « Authorization: Bearer … ». Laissez vide si aucune n’est demandée.',
    showKey: 'Montrer la clé',
    remember: 'Garder la clé dans ce navigateur',
    rememberSays: 'Sinon elle est oubliée à la fermeture de cet onglet.',
    take: 'Utiliser cette clé',
    forget: 'Oublier la clé',
    keyKept: 'La clé est utilisée à partir de maintenant.',
    keyNotKept: 'Ce navigateur ne garde rien pour cette page ; la clé ne peut pas servir.',
    keyGone: 'La clé est oubliée.',
  },
};
