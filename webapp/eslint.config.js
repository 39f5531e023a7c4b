import { readdirSync } from 'node:fs';
import { URL } from 'node:url';

import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

// app -> features -> components, api, model. Features do not know each other; the model knows nothing but itself.
const features = existing('src/features');

function existing(folder) {
  try {
    return readdirSync(new URL(folder, import.meta.url));
  } catch {
    return [];
  }
}

function forbid(files, group, message) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] } };
}

const OUTSIDE_OF_MODEL = [
  '**/app/**',
  '**/features/**',
  '**/components/**',
  '**/api/**',
  'react',
  'react-dom',
  '@xyflow/*',
  '@mantine/*',
  '@tanstack/*',
];

export default typescript.config(
  { ignores: ['dist', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ...typescript.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      complexity: ['error', 12],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 50, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  { files: ['tests/**', 'browser/**'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['*.js'], ...typescript.configs.disableTypeChecked },
  forbid(['src/model/**'], OUTSIDE_OF_MODEL, 'The model is pure: it knows neither the page nor the network.'),
  forbid(
    ['src/api/**'],
    ['**/app/**', '**/features/**', '**/components/**'],
    'The API knows nothing of the page.',
  ),
  forbid(['src/components/**'], ['**/app/**', '**/features/**'], 'Components know no feature.'),
  ...features.map((name) =>
    forbid(
      [`src/features/${name}/**`],
      ['**/app/**', ...features.filter((other) => other !== name).map((other) => `**/features/${other}/**`)],
      'Features do not import each other, nor the application around them.',
    ),
  ),
);
