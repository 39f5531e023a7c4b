/** Tasks that an engine has told, by `GET /tasks/{id}/raw`, with the definitions that they ran with. */

import { readFileSync } from 'node:fs';

import type { Json } from '../../../src/model/definition';
import { type Known, type RawTask, known } from '../../../src/model/rawtask';

export function told(name: string): Known {
  const text = readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8');
  const { raw, nodes } = JSON.parse(text) as { raw: RawTask; nodes: Json[] };
  return known({ ...raw, whole: true }, { type: 'pipeline', nodes });
}
