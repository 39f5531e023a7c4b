import { describe, expect, it } from 'vitest';

import {
  type Definition,
  type JsonObject,
  LOOP_END,
  NODE_TYPES,
  idOf,
  placed,
} from '../../src/model/definition';
import {
  addNode,
  compareKeys,
  connect,
  disconnect,
  find,
  freeId,
  idFault,
  newNode,
  refusal,
  removeNodes,
  rename,
  setFields,
} from '../../src/model/edit';
import { endOf, graphOf } from '../../src/model/graph';
import { ENTRY, NESTED, SHIPPED, pipeline } from './pipelines';

const keyOf = (definition: Definition, id: string): string =>
  placed(definition).find(({ node }) => idOf(node) === id)?.key ?? '';
const node = (definition: Definition, id: string): JsonObject =>
  find(definition, keyOf(definition, id))?.node ?? {};

/** Nothing that a change gives may reach into what it was given. */
const frozen = (definition: Definition): Definition => {
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  };
  const copy = structuredClone(definition);
  freeze(copy);
  return copy;
};
const nested = frozen(NESTED);

describe('adding', () => {
  it.each(NODE_TYPES)('makes a new %s that can be drawn', (type) => {
    const { definition, key } = addNode(nested, null, newNode(type, freeId(nested, type)));
    expect(find(definition, key)?.node).toMatchObject({ type });
    expect(graphOf(definition).nodes.some((drawn) => drawn.kind === 'missing')).toBe(false);
  });

  it('adds to the body of a loop in a loop', () => {
    const { definition, key } = addNode(nested, keyOf(nested, 'inner'), newNode('node', 'fresh'));
    expect(key).toBe('/nodes/1/nodes/1/nodes/1/nodes/2');
    expect(find(definition, key)).toMatchObject({ level: keyOf(nested, 'inner') });
  });

  it('finds an id that is free and means nothing else', () => {
    expect(freeId(nested, 'crop')).toBe('crop2');
    expect(freeId(nested, 'node')).toBe('node2');
    expect(freeId(nested, 'image blur!')).toBe('image_blur_');
    expect(freeId(nested, '')).toBe('node2');
  });
});

describe('connecting', () => {
  const why = (from: string, to: string, kind: 'next' | 'then' | 'else' = 'next'): string | null =>
    refusal(nested, keyOf(nested, from), keyOf(nested, to), kind);

  it('refuses what the engine would, and says why', () => {
    expect(why('quick', 'quick')).toBe('sameNode');
    expect(why('quick', 'crop')).toBe('otherLevel');
    expect(why('quick', 'entry')).toBe('intoEntry');
    expect(why('end', 'quick')).toBe('fromEnd');
    expect(why('quick', 'join')).toBe('alreadyThere');
    expect(why('check', 'end', 'next')).toBe('noSide');
    expect(why('quick', 'end', 'then')).toBe('noSide');
    expect(why('gone', 'end')).toBe('notANode');
    expect(why('quick', 'gone')).toBe('unknownNode');
    expect(refusal(nested, keyOf(nested, 'quick'), endOf(keyOf(nested, 'outer')), 'next')).toBe(
      'unknownNode',
    );
  });

  it('connects and cuts', () => {
    const [quick, end] = [keyOf(nested, 'quick'), keyOf(nested, 'end')];
    expect(refusal(nested, quick, end, 'next')).toBeNull();
    const connected = connect(nested, quick, end, 'next');
    expect(node(connected, 'quick')['next']).toEqual(['join', 'end']);
    expect(disconnect(connected, quick, 'end', 'next')).toEqual(nested);
  });

  it('connects with the end of a body', () => {
    const load = keyOf(nested, 'load');
    const mark = endOf(keyOf(nested, 'outer'));
    expect(refusal(nested, load, mark, 'next')).toBeNull();
    expect(node(connect(nested, load, mark, 'next'), 'load')['next']).toEqual(['middle', 'note', LOOP_END]);
  });

  it('gives a side of a branch its own successors, and keeps its code', () => {
    const check = keyOf(nested, 'check');
    const other = connect(nested, check, keyOf(nested, 'quick'), 'else');
    expect(node(other, 'check')['else']).toEqual({ next: ['slow', 'quick'] });
    const coded = setFields(nested, check, { then: 'node.out = {}' });
    const both = connect(coded, check, keyOf(nested, 'end'), 'then');
    expect(node(both, 'check')['then']).toEqual({ exec: 'node.out = {}', next: ['slow', 'end'] });
  });
});

describe('removing', () => {
  it('takes a node out with the edges that lead to it', () => {
    const left = removeNodes(nested, [keyOf(nested, 'outer'), keyOf(nested, 'quick')]);
    expect(placed(left).map((each) => idOf(each.node))).toEqual(['entry', 'check', 'slow', 'join', 'end']);
    expect(node(left, 'entry')['next']).toEqual(['check']);
    expect(node(left, 'check')['then']).toEqual({ next: [] });
    expect(graphOf(left).nodes.some((each) => each.kind === 'missing')).toBe(false);
  });

  it('takes out a node of a body together with its loop', () => {
    const left = removeNodes(nested, [keyOf(nested, 'crop'), keyOf(nested, 'outer'), 'nowhere']);
    expect(placed(left)).toHaveLength(6);
  });

  it('sorts keys as numbers', () => {
    expect(['/nodes/10', '/nodes/9', '/nodes/9/nodes/0'].sort(compareKeys)).toEqual([
      '/nodes/9',
      '/nodes/9/nodes/0',
      '/nodes/10',
    ]);
  });
});

describe('renaming', () => {
  it('changes every next and path that names the node, and nothing else', () => {
    const renamed = rename(nested, keyOf(nested, 'crop'), 'cut');
    expect(node(renamed, 'inner')['items']).toBe('loop.cut.out.parts');
    expect(graphOf(renamed).nodes.some((each) => each.kind === 'missing')).toBe(false);
    expect(rename(renamed, keyOf(renamed, 'cut'), 'crop')).toEqual(nested);
  });

  it('changes the paths of inputs, collects and sides', () => {
    const definition = pipeline(
      ENTRY,
      { id: 'a', next: ['b'], input: { x: 'a.out.x', y: 'ab.out.x', z: 'entry.out.a' } },
      {
        id: 'b',
        type: 'branch',
        if: 'a.out.x',
        then: { out: { q: 'a.out' }, next: ['a'] },
        else: 'a.out = 1',
      },
    );
    const renamed = rename(definition, '/nodes/1', 'first');
    expect(node(renamed, 'first')['input']).toEqual({ x: 'first.out.x', y: 'ab.out.x', z: 'entry.out.a' });
    expect(node(renamed, 'b')['then']).toEqual({ out: { q: 'first.out' }, next: ['first'] });
    expect(node(renamed, 'b')['if']).toBe('first.out.x');
    expect(node(renamed, 'entry')['next']).toEqual(['first']);
  });

  it('says which ids cannot be given', () => {
    expect(idFault(nested, '/nodes/1', 'join')).toBe('idTaken');
    expect(idFault(nested, '/nodes/1', 'outer')).toBeNull();
    expect(idFault(nested, '/nodes/1', 'a b')).toBe('idPattern');
    expect(idFault(nested, '/nodes/1', 'pipeline')).toBe('idReserved');
  });
});

describe('fields', () => {
  it('are set and taken out', () => {
    const changed = setFields(nested, '/nodes/4', { service: undefined, timeout: 3 });
    expect(node(changed, 'slow')).toEqual({ id: 'slow', type: 'service', timeout: 3, next: ['join'] });
  });

  it('of a node that is not there change nothing', () => {
    expect(setFields(nested, '/nodes/99', { id: 'x' })).toBe(nested);
    expect(rename(nested, '/nodes/99', 'x')).toBe(nested);
    expect(connect(nested, '/nodes/99', '/nodes/0', 'next')).toBe(nested);
    expect(disconnect(nested, '/nodes/99', 'x', 'next')).toBe(nested);
  });

  it.each(SHIPPED)('%s comes back as it was from a change that is undone', (_, shipped) => {
    const definition = frozen(shipped);
    for (const { key, node: held } of placed(definition)) {
      expect(rename(rename(definition, key, 'quite_new'), key, idOf(held))).toEqual(definition);
    }
  });
});
