import { describe, expect, it } from 'vitest';

import { countFaults, placedFaults } from '../../src/model/checks';
import { copied, nodesIn, pasted } from '../../src/model/clipboard';
import {
  type Definition,
  type JsonObject,
  LOOP_END,
  NODE_TYPES,
  idOf,
  placed,
} from '../../src/model/definition';
import { find, moveRefusal, refusal, removeNodes, rename } from '../../src/model/edit';
import { followed } from '../../src/model/follow';
import { endOf, graphOf } from '../../src/model/graph';
import { insert, loopOfEnd, mayStand, namesTaken, placeFor } from '../../src/model/insert';
import { commandOf, shortcutOf, shortcutsOf } from '../../src/model/keys';
import { rowsOf, surroundings, targetsOf, tryConnect } from '../../src/model/outline';
import type { Service } from '../../src/model/wire';
import { END, ENTRY, NESTED, SHIPPED, pipeline } from './pipelines';

const keyOf = (definition: Definition, id: string): string =>
  placed(definition).find(({ node }) => idOf(node) === id)?.key ?? '';
const node = (definition: Definition, id: string): JsonObject =>
  find(definition, keyOf(definition, id))?.node ?? {};
const ids = (definition: Definition): string[] => placed(definition).map((each) => idOf(each.node));
const isWhole = (definition: Definition): boolean =>
  graphOf(definition).nodes.every((each) => each.kind !== 'missing');

const SIMPLE = pipeline({ ...ENTRY, next: ['a'] }, { id: 'a', next: ['end'] }, { ...END, input: {} });

describe('inserting', () => {
  it.each(NODE_TYPES.filter((type) => type !== 'entry' && type !== 'end'))(
    'puts a %s between a node and its successor',
    (type) => {
      const made = insert(SIMPLE, { type }, null, keyOf(SIMPLE, 'a'), []);
      const id = idOf(find(made.definition, made.key)?.node ?? {});
      expect(made.after).toBe('a');
      expect(node(made.definition, 'a')['next']).toEqual([id]);
      expect(surroundings(made.definition, keyOf(made.definition, 'end')).before).toEqual([id]);
      expect(isWhole(made.definition)).toBe(true);
    },
  );

  it('does not stand between a node and several others', () => {
    const made = insert(NESTED, { type: 'node' }, null, keyOf(NESTED, 'entry'), []);
    expect(node(made.definition, 'entry')['next']).toEqual(['outer', 'check', 'step']);
  });

  it('takes the side of a branch that leads nowhere yet', () => {
    const definition = pipeline(
      { ...ENTRY, next: ['b'] },
      { id: 'b', type: 'branch', if: 'True', then: { next: ['end'] }, else: { next: [] } },
      END,
    );
    const made = insert(definition, { type: 'node' }, null, keyOf(definition, 'b'), []);
    expect(node(made.definition, 'b')['else']).toEqual({ next: ['step'] });
    expect(node(made.definition, 'b')['then']).toEqual({ next: ['end'] });
  });

  it('lets what stands in a body lead to its end, on both sides of a branch', () => {
    const level = keyOf(NESTED, 'middle');
    const made = insert(NESTED, { type: 'branch' }, level, null, []);
    expect(made.key).toBe(`${level}/nodes/3`);
    expect(node(made.definition, 'branch')).toMatchObject({
      then: { next: [LOOP_END] },
      else: { next: [LOOP_END] },
    });
    const between = insert(NESTED, { type: 'node' }, level, keyOf(NESTED, 'merge'), []);
    expect(node(between.definition, 'merge')['next']).toEqual(['step']);
    expect(node(between.definition, 'step')['next']).toEqual([LOOP_END]);
  });

  it('is not connected to an end', () => {
    expect(insert(SIMPLE, { type: 'node' }, null, keyOf(SIMPLE, 'end'), []).after).toBeNull();
  });

  it('knows where a selected place is', () => {
    const loop = keyOf(NESTED, 'outer');
    expect(placeFor(NESTED, endOf(loop))).toEqual({ level: loop, after: null });
    expect(placeFor(NESTED, keyOf(NESTED, 'load'))).toEqual({ level: loop, after: keyOf(NESTED, 'load') });
    expect(placeFor(NESTED, '/nodes/99')).toEqual({ level: null, after: null });
    expect(loopOfEnd(loop)).toBeNull();
  });

  it('has one entry and one end, outside of loops', () => {
    expect(mayStand(SIMPLE, 'end', null)).toBe(false);
    expect(mayStand(pipeline(ENTRY), 'end', null)).toBe(true);
    expect(mayStand(pipeline(ENTRY), 'end', '/nodes/0')).toBe(false);
    expect(mayStand(SIMPLE, 'http', '/nodes/0')).toBe(true);
  });

  it('fills in the input of a service with what has the same name', () => {
    const blur: Service = {
      type: 'service',
      nodes: [],
      state: { route: 'image-blur', version: 1, away: [] },
      api: { body: ['image', 'areas'] },
    };
    expect(namesTaken(blur)).toEqual(['image', 'areas']);
    const item = { type: 'service', service: 'image-blur' } as const;
    const made = insert(SIMPLE, item, null, keyOf(SIMPLE, 'entry'), [blur]);
    expect(node(made.definition, 'image_blur')['input']).toEqual({ image: 'entry.out.image', areas: '' });
    const alone = insert(pipeline({ ...ENTRY, api: { body: 'x' } }), item, null, null, [blur]);
    expect(node(alone.definition, 'image_blur')).not.toHaveProperty('input');
  });
});

describe('the clipboard', () => {
  it('copies frames with what lies in them, once', () => {
    const loop = keyOf(NESTED, 'middle');
    const nodes = nodesIn(copied(NESTED, [loop, `${loop}/nodes/0`]));
    expect(nodes?.map(idOf)).toEqual(['middle']);
    expect(copied(NESTED, ['/nodes/99'])).toBe('');
  });

  it('gives free ids, and keeps the connections and paths between what is pasted', () => {
    const nodes = nodesIn(copied(NESTED, [keyOf(NESTED, 'outer'), keyOf(NESTED, 'join')])) ?? [];
    const { definition, keys, left } = pasted(NESTED, null, nodes);
    expect(left).toEqual([]);
    expect(new Set(ids(definition)).size).toBe(ids(definition).length);
    const outer = find(definition, keys[0] ?? '')?.node ?? {};
    expect(outer).toMatchObject({ id: 'outer2', next: ['join2'], collect: { found: 'middle2.out' } });
    expect(node(definition, 'inner2')['items']).toBe('loop.crop2.out.parts');
    expect(node(definition, 'good2')).toMatchObject({ then: { next: [LOOP_END] }, else: { next: ['try2'] } });
    expect(node(definition, 'join2')['next']).toEqual([]);
    expect(isWhole(definition)).toBe(true);
  });

  it('pastes into a body, without entry and end', () => {
    const nodes = nodesIn(copied(NESTED, ['/nodes/0', keyOf(NESTED, 'crop'), '/nodes/6'])) ?? [];
    const level = keyOf(NESTED, 'outer');
    const { definition, keys, left } = pasted(NESTED, level, nodes);
    expect(left).toEqual(['entry', 'end']);
    expect(keys).toEqual([`${level}/nodes/3`]);
    expect(node(definition, 'crop2')['next']).toEqual([]);
  });

  it.each(SHIPPED)('%s pasted beside itself is whole, twice', (_, definition) => {
    const nodes =
      nodesIn(
        copied(
          definition,
          definition.nodes.map((__, index) => `/nodes/${index}`),
        ),
      ) ?? [];
    const once = pasted(definition, null, nodes).definition;
    const twice = pasted(once, null, nodes).definition;
    expect(isWhole(twice)).toBe(true);
    expect(new Set(ids(twice)).size).toBe(ids(twice).length);
  });

  it('reads a definition, a list, one node, and nothing else', () => {
    expect(nodesIn('{"id": "x"}')?.map(idOf)).toEqual(['x']);
    expect(nodesIn('[{"id": "x"}, {"id": "y"}]')?.map(idOf)).toEqual(['x', 'y']);
    expect(nodesIn('{"id": "l", "type": "loop", "nodes": [{"id": "y"}]}')?.map(idOf)).toEqual(['l']);
    for (const text of ['', 'hello', '7', '[]', '[1]', '{"a": 1}', '{"nodes": []}'])
      expect(nodesIn(text)).toBeNull();
  });
});

describe('circles', () => {
  const circle = pipeline(
    { ...ENTRY, next: ['a'] },
    { id: 'a', next: ['b'] },
    { id: 'b', next: ['c'] },
    { id: 'c', type: 'branch', if: 'True', then: { next: ['a'] }, else: { next: ['end'] } },
    END,
  );
  it('are refused where no branch can leave them', () => {
    expect(refusal(circle, '/nodes/2', '/nodes/1', 'next')).toBe('endless');
    expect(refusal(circle, '/nodes/3', '/nodes/2', 'then')).toBeNull();
    expect(refusal(circle, '/nodes/3', '/nodes/2', 'else')).toBeNull();
  });
  it('that an edge closes now are none when it leads elsewhere', () => {
    const edge = { source: '/nodes/1', name: 'b', kind: 'next' } as const;
    const to = { source: '/nodes/2', target: '/nodes/1', kind: 'next' } as const;
    expect(moveRefusal(circle, edge, to)).toBeNull();
  });
});

describe('following', () => {
  it('knows nodes by their ids, and renamed ones by their places', () => {
    const renamed = rename(NESTED, keyOf(NESTED, 'crop'), 'cut');
    expect([...followed(NESTED, renamed)].every(([before, after]) => before === after)).toBe(true);
    const left = removeNodes(NESTED, [keyOf(NESTED, 'outer')]);
    const moved = followed(NESTED, left);
    expect(moved.get(keyOf(NESTED, 'join'))).toBe(keyOf(left, 'join'));
    expect(moved.has(keyOf(NESTED, 'outer'))).toBe(false);
    expect(moved.has(keyOf(NESTED, 'crop'))).toBe(false);
  });
});

describe('faults', () => {
  const faults = [
    { pointer: '/nodes/1/nodes/1/nodes/0/service', detail: 'x' },
    { pointer: '/nodes/2/if', detail: 'y' },
    { pointer: '/other', detail: 'z' },
    { detail: 'all' },
  ];
  it('are those of the innermost node that their pointer leads to', () => {
    const found = placedFaults({ definition: NESTED, faults, failed: null }, NESTED);
    expect(found.map(({ key, field }) => [key, field])).toEqual([
      [keyOf(NESTED, 'crop'), 'service'],
      [keyOf(NESTED, 'check'), 'if'],
      [null, '/other'],
      [null, ''],
    ]);
    expect(countFaults(found).get(keyOf(NESTED, 'check'))).toBe(1);
  });
  it('go with their nodes when others are removed', () => {
    const now = removeNodes(NESTED, [keyOf(NESTED, 'outer')]);
    const found = placedFaults({ definition: NESTED, faults, failed: null }, now);
    expect(found[0]).toMatchObject({ key: '/nodes/1', pointer: '/nodes/1/if', detail: 'y' });
    expect(found).toHaveLength(3);
  });
});

describe('the outline', () => {
  it('has every node with its depth and ways', () => {
    const rows = rowsOf(NESTED);
    expect(rows.map(({ id, depth }) => `${depth} ${id}`)).toContain('3 try');
    expect(rows.find(({ id }) => id === 'check')?.ways).toEqual([
      { kind: 'then', next: ['quick'] },
      { kind: 'else', next: ['slow'] },
    ]);
    expect(rows.find(({ id }) => id === 'end')?.ways).toEqual([]);
  });
  it('lists legal targets first, and says of the others why not', () => {
    const targets = targetsOf(NESTED, keyOf(NESTED, 'load'), 'next');
    expect(targets[0]).toMatchObject({ id: LOOP_END, why: null });
    expect(targets.find(({ id }) => id === 'entry')?.why).toBe('otherLevel');
    expect(targets.find(({ id }) => id === 'middle')?.why).toBe('alreadyThere');
  });
  it('connects or says why not', () => {
    const made = tryConnect(SIMPLE, '/nodes/0', '/nodes/2', 'next');
    expect(made.definition && node(made.definition, 'entry')['next']).toEqual(['a', 'end']);
    expect(tryConnect(SIMPLE, '/nodes/2', '/nodes/0', 'next')).toEqual({ definition: null, why: 'fromEnd' });
  });
});

describe('shortcuts', () => {
  const press = (
    key: string,
    keys: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {},
  ) => ({
    ...{ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false },
    ...keys,
  });
  it('are read with their modifiers', () => {
    expect(commandOf(press('z', { ctrlKey: true }), false)).toBe('undo');
    expect(commandOf(press('Z', { ctrlKey: true, shiftKey: true }), false)).toBe('redo');
    expect(commandOf(press('y', { metaKey: true }), false)).toBe('redo');
    expect(commandOf(press('a'), false)).toBe('add');
    expect(commandOf(press('Tab'), false)).toBe('add');
    expect(commandOf(press('Tab', { shiftKey: true }), false)).toBeNull();
    expect(commandOf(press('?', { shiftKey: true }), false)).toBe('shortcuts');
    expect(commandOf(press('a', { altKey: true }), false)).toBeNull();
  });
  it('leave what fields and the browser do to them', () => {
    expect(commandOf(press('z', { ctrlKey: true }), true)).toBeNull();
    expect(commandOf(press('a'), true)).toBeNull();
    expect(commandOf(press('s', { ctrlKey: true }), true)).toBe('save');
    expect(commandOf(press('c', { ctrlKey: true }), false)).toBeNull();
  });
  it('are written', () => {
    expect(shortcutOf('save')).toBe('Ctrl+S');
    expect(shortcutsOf('redo')).toEqual(['Ctrl+Shift+Z', 'Ctrl+Y']);
    expect(shortcutOf('run')).toBe('');
  });
});
