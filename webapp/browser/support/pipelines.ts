/** Definitions that only tests need. */

import type { JsonObject } from '../../src/model/definition';

export function entry(route: string, body: JsonObject | string[], ...next: string[]): JsonObject {
  return { id: 'entry', type: 'entry', api: { route, body, summary: `Made by a test: ${route}` }, next };
}

/** Two calls of a gate, one after the other. */
export function gated(route: string, url: (operation: string) => string): JsonObject[] {
  return [
    entry(route, { reason: 'test' }, 'first'),
    { id: 'first', type: 'service', url: url('first'), next: ['second'] },
    { id: 'second', type: 'service', url: url('second'), next: ['end'] },
    { id: 'end', type: 'end', input: { told: 'second.out.told' } },
  ];
}

/** `face-blur`, held back by a gate before it looks and before it blurs. */
export function heldFaceBlur(route: string, url: (operation: string) => string): JsonObject[] {
  return [
    entry(route, ['image'], 'detect'),
    {
      id: 'detect',
      type: 'service',
      service: 'face-detect',
      input: { image: 'entry.out.image' },
      next: ['hold'],
    },
    { id: 'hold', type: 'service', url: url('hold'), input: { faces: 'detect.out.answer' }, next: ['blur'] },
    {
      id: 'blur',
      type: 'service',
      service: 'image-blur',
      input: { image: 'entry.out.image', areas: 'detect.out.answer' },
      next: ['end'],
    },
    {
      id: 'end',
      type: 'end',
      input: { 'blurred.jpg': 'blur.out.result', faces: 'detect.out.answer' },
    },
  ];
}

/** Loops in a loop in a loop, with a branch that leads back in the innermost. */
export function threeLevels(route: string): JsonObject[] {
  const innermost = [
    { id: 'try', type: 'node', next: ['good'] },
    {
      id: 'good',
      type: 'branch',
      if: 'len(pipeline.nodes) > 0',
      then: { next: ['loopEnd'] },
      else: { next: ['try'] },
    },
  ];
  const middle = [
    { id: 'crop', type: 'node', next: ['inner', 'beside'] },
    { id: 'beside', type: 'node', next: ['merge'] },
    { id: 'inner', type: 'loop', items: 'node._loop', nodes: innermost, next: ['merge'] },
    { id: 'merge', type: 'node', next: ['loopEnd'] },
  ];
  const outer = [
    { id: 'load', type: 'node', next: ['middle', 'note'] },
    { id: 'middle', type: 'loop', items: 'node._loop', nodes: middle, next: ['loopEnd'] },
    { id: 'note', type: 'node', next: ['loopEnd'] },
  ];
  return [
    entry(route, { pictures: [[['a']]] }, 'outer', 'check'),
    { id: 'outer', type: 'loop', items: 'entry.out.pictures', nodes: outer, next: ['join'] },
    {
      id: 'check',
      type: 'branch',
      if: 'len(entry.out.pictures) > 3 and entry.out.pictures[0] != []',
      then: { next: ['quick'] },
      else: { next: ['slow'] },
    },
    { id: 'quick', type: 'node', next: ['join'] },
    { id: 'slow', type: 'node', next: ['join'] },
    { id: 'join', type: 'node', input: { pictures: 'entry.out.pictures' }, next: ['end'] },
    { id: 'end', type: 'end' },
  ];
}

/** So many nodes: layers of eight beside each other, each layer joined before the next. */
export function wide(route: string, count: number): JsonObject[] {
  const nodes: JsonObject[] = [];
  const name = (at: number): string => (at < count - 2 ? `n${at}` : 'end');
  for (let at = 0; at < count - 2; at += 1) {
    const place = at % 9;
    const layer = at - place;
    const next =
      place === 0 ? Array.from({ length: 8 }, (_, one) => name(layer + 1 + one)) : [name(layer + 9)];
    nodes.push({ id: `n${at}`, type: 'node', next: [...new Set(next)] });
  }
  return [entry(route, { x: 1 }, 'n0'), ...nodes, { id: 'end', type: 'end', input: { x: 'entry.out.x' } }];
}
