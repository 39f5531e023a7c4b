/** The pipelines that ship, and some that are harder to draw. */

import { readFileSync, readdirSync } from 'node:fs';

import { type Definition, type JsonObject, LOOP_END } from '../../src/model/definition';
import { readDefinition } from '../../src/model/text';

const FOLDER = new URL('../../../pipelines/', import.meta.url);

export function read(text: string): Definition {
  const { definition, faults } = readDefinition(text);
  if (!definition) throw new Error(JSON.stringify(faults));
  return definition;
}

export const SHIPPED: [string, Definition][] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => [name, read(readFileSync(new URL(name, FOLDER), 'utf8'))]);

export function pipeline(...nodes: JsonObject[]): Definition {
  return { type: 'pipeline', nodes };
}

export const ENTRY: JsonObject = {
  id: 'entry',
  type: 'entry',
  api: { route: 'test', body: ['image'] },
  next: ['a'],
};
export const END: JsonObject = { id: 'end', type: 'end', input: { x: 'a.out.x' } };

/** Loops in loops in loops, with a branch in the innermost that leads back, and one beside them. */
export const NESTED = pipeline(
  { ...ENTRY, next: ['outer', 'check'] },
  {
    id: 'outer',
    type: 'loop',
    items: 'entry.out.pictures',
    collect: { found: 'middle.out' },
    next: ['join'],
    nodes: [
      { id: 'load', type: 'http', url: 'http://localhost/x', next: ['middle', 'note'] },
      {
        id: 'middle',
        type: 'loop',
        items: 'loop.load.out.faces',
        next: [LOOP_END],
        nodes: [
          { id: 'crop', type: 'service', service: 'image-crop', next: ['inner'] },
          {
            id: 'inner',
            type: 'loop',
            items: 'loop.crop.out.parts',
            next: ['merge'],
            nodes: [
              { id: 'try', type: 'service', service: 'face-analyze', next: ['good'] },
              {
                id: 'good',
                type: 'branch',
                if: 'node.input.score > 0.5',
                then: { next: [LOOP_END] },
                else: { next: ['try'] },
              },
            ],
          },
          { id: 'merge', next: [LOOP_END] },
        ],
      },
      { id: 'note', next: [LOOP_END] },
    ],
  },
  {
    id: 'check',
    type: 'branch',
    if: "entry.out.kind == 'a rather long condition that has no room'",
    then: { next: ['quick'] },
    next: ['slow'],
  },
  { id: 'quick', next: ['join'] },
  { id: 'slow', type: 'service', service: 'image-blur', next: ['join'] },
  { id: 'join', next: ['end'] },
  END,
);
