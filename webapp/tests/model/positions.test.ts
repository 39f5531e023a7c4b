import { describe, expect, it } from 'vitest';

import { type Definition, idOf, placed } from '../../src/model/definition';
import { connect, removeNodes, rename } from '../../src/model/edit';
import { endOf, graphOf } from '../../src/model/graph';
import { insert } from '../../src/model/insert';
import { arrange } from '../../src/model/layout/arrange';
import { type Box, FRAME, type Layout, crossings } from '../../src/model/layout/measure';
import { quickLayout } from '../../src/model/layout/quick';
import { route } from '../../src/model/layout/route';
import { neighbour } from '../../src/model/neighbours';
import { carried, placeNames, placesOf, readArrangement } from '../../src/model/positions';
import { NESTED, SHIPPED, pipeline } from './pipelines';

const keyOf = (definition: Definition, id: string): string =>
  placed(definition).find(({ node }) => idOf(node) === id)?.key ?? '';
const graph = graphOf(NESTED);
const laid = quickLayout(graph, 'right');
const places = placesOf(graph, laid);

function overlapping(layout: Layout, parents: Map<string, string | null>): string[] {
  const all = [...layout.boxes];
  const hits = (a: Box, b: Box): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  return all.flatMap(([key, box], index) =>
    all
      .slice(index + 1)
      .filter(([other, there]) => parents.get(other) === parents.get(key) && hits(box, there))
      .map(([other]) => `${key} ${other}`),
  );
}

describe('places', () => {
  it('have the names of nodes, those of double ids numbers, those of marks their loops', () => {
    const double = graphOf(pipeline({ id: 'a', next: ['gone'] }, { id: 'a' }));
    expect([...placeNames(double).values()]).toEqual(['a', 'a#1']);
    expect(placeNames(graph).get(endOf(keyOf(NESTED, 'inner')))).toBe('inner/loopEnd');
  });

  it('draw the same again', () => {
    const again = arrange(graph, 'right', places, laid);
    expect(again.boxes).toEqual(laid.boxes);
    const blocked = new Set(crossings(graph, laid).map(({ edge }) => edge)); // those get another line
    for (const [edge, line] of laid.lines)
      if (!blocked.has(edge)) expect(again.lines.get(edge)).toEqual(line);
    expect(blocked.size).toBeLessThan(laid.lines.size / 2);
  });

  it('go with a renamed node, and away with a removed one', () => {
    const renamed = carried(places, NESTED, rename(NESTED, keyOf(NESTED, 'inner'), 'innermost'));
    expect(renamed['innermost']).toEqual(places['inner']);
    expect(renamed['innermost/loopEnd']).toEqual(places['inner/loopEnd']);
    expect(renamed).not.toHaveProperty('inner');
    const left = carried(places, NESTED, removeNodes(NESTED, [keyOf(NESTED, 'outer')]));
    expect(Object.keys(left).sort()).toEqual(['check', 'end', 'entry', 'join', 'quick', 'slow']);
    expect(left['end']).toEqual(places['end']);
  });

  it('are read from what is kept, whatever that is', () => {
    const kept = { direction: 'down', places: { a: { x: 1, y: 2 }, b: { x: 'no' } } };
    expect(readArrangement(JSON.stringify(kept))).toEqual({
      direction: 'down',
      places: { a: { x: 1, y: 2 } },
    });
    for (const text of [null, '', '7', '{}', '{"places": 3}']) expect(readArrangement(text)).toBeNull();
  });
});

describe('an arrangement', () => {
  it('moves a node, its frame grows, and what does not move keeps its lines', () => {
    const far = { ...places, try: { x: 900, y: 700 } };
    const layout = arrange(graph, 'right', far, laid);
    const inner = layout.boxes.get(keyOf(NESTED, 'inner'));
    const moved = layout.boxes.get(keyOf(NESTED, 'try'));
    expect(inner && moved && moved.x + moved.width + FRAME.side).toBe(inner && inner.x + inner.width);
    const edge = graph.edges.find(({ source }) => source === keyOf(NESTED, 'quick'))?.id ?? '';
    expect(layout.lines.get(edge)).toEqual(laid.lines.get(edge));
  });

  it('keeps nodes below the title of their frame', () => {
    const layout = arrange(graph, 'right', { ...places, load: { x: -50, y: -50 } }, laid);
    const [frame, load] = ['outer', 'load'].map((id) => layout.boxes.get(keyOf(NESTED, id)));
    expect(load?.x).toBe((frame?.x ?? 0) + FRAME.side);
    expect(load?.y).toBe((frame?.y ?? 0) + FRAME.top);
  });

  it.each(['right', 'down'] as const)('finds room for what has no place yet, %s', (direction) => {
    const base = quickLayout(graph, direction);
    const known = placesOf(graph, base);
    let definition = NESTED;
    for (const id of ['entry', 'entry', 'crop', 'join']) {
      const key = keyOf(definition, id);
      const level = placed(definition).find((each) => each.key === key)?.level ?? null;
      definition = insert(definition, { type: 'service' }, level, key, []).definition;
    }
    definition = insert(definition, { type: 'loop' }, null, null, []).definition;
    const now = graphOf(definition);
    const layout = arrange(now, direction, known, null);
    expect(layout.boxes.size).toBe(now.nodes.length);
    const parents = new Map(now.nodes.map(({ key, parent }) => [key, parent]));
    const fresh = new Set(now.nodes.filter(({ id }) => !(id in known)).map(({ key }) => key));
    const hits = overlapping(layout, parents).filter((pair) =>
      pair.split(' ').every((key) => fresh.has(key)),
    );
    expect(hits).toEqual([]);
    for (const edge of now.edges) expect(layout.lines.get(edge.id)?.length).toBeGreaterThan(1);
  });

  it.each(SHIPPED)('draws the edges of %s around other nodes without any line given', (_, definition) => {
    const drawn = graphOf(definition);
    const base = quickLayout(drawn, 'right');
    const layout = arrange(drawn, 'right', placesOf(drawn, base), null);
    expect(crossings(drawn, layout)).toEqual([]);
  });
});

describe('a route', () => {
  const box = (x: number, y: number): Box => ({ x, y, width: 200, height: 64 });
  it('is straight where nothing is in the way', () => {
    expect(route({ x: 0, y: 0 }, { x: 100, y: 0 }, 'right', [], [])).toEqual([
      { x: 0, y: 0 },
      { x: 100, y: 0 },
    ]);
  });
  it('goes around what is in the way, and back around both ends', () => {
    const [a, wall, b] = [box(0, 0), box(300, -20), box(600, 0)];
    const layoutOf = (line: { x: number; y: number }[]): Layout => ({
      boxes: new Map([
        ['a', a],
        ['wall', wall],
        ['b', b],
      ]),
      lines: new Map([['e', line]]),
      labels: new Map(),
    });
    const nodes = ['a', 'wall', 'b'].map((key) => ({ key, parent: null }));
    const seen = (line: { x: number; y: number }[], source: string, target: string) =>
      crossings(
        { nodes, edges: [{ id: 'e', source, target }] } as unknown as Parameters<typeof crossings>[0],
        layoutOf(line),
      );
    const there = route({ x: 200, y: 32 }, { x: 600, y: 32 }, 'right', [a, b], [wall]);
    expect(seen(there, 'a', 'b')).toEqual([]);
    const back = route({ x: 800, y: 32 }, { x: 0, y: 32 }, 'right', [b, a], [wall]);
    expect(seen(back, 'b', 'a')).toEqual([]);
    expect(
      there.every((each, at) => at === 0 || each.x === there[at - 1]?.x || each.y === there[at - 1]?.y),
    ).toBe(true);
  });
});

describe('arrows', () => {
  const go = (from: string | null, arrow: Parameters<typeof neighbour>[4]): string | null => {
    const key = neighbour(graph, laid, 'right', from === null ? null : keyOf(NESTED, from), arrow);
    return graph.nodes.find((each) => each.key === key)?.id ?? null;
  };
  it('begin at the entry and go along edges', () => {
    expect(go(null, 'ArrowRight')).toBe('entry');
    expect(go('entry', 'ArrowRight')).toBe('outer');
    expect(go('join', 'ArrowLeft')).toBe('outer');
    expect(go('end', 'ArrowLeft')).toBe('join');
  });
  it('go into a frame and out of it', () => {
    expect(go('outer', 'ArrowDown')).toBe('load');
    expect(go('load', 'ArrowLeft')).toBe('outer');
    expect(go('try', 'ArrowRight')).toBe('good');
    const end = neighbour(graph, laid, 'right', endOf(keyOf(NESTED, 'inner')), 'ArrowRight');
    expect(end).toBe(keyOf(NESTED, 'inner'));
  });
  it('go beside, and mean the other axis where the way leads downwards', () => {
    const two = connect(NESTED, keyOf(NESTED, 'quick'), keyOf(NESTED, 'end'), 'next');
    const drawn = graphOf(two);
    const down = quickLayout(drawn, 'down');
    expect(neighbour(drawn, down, 'down', keyOf(two, 'quick'), 'ArrowDown')).toBe(keyOf(two, 'join'));
    const beside = [go('quick', 'ArrowDown'), go('quick', 'ArrowUp')];
    expect(beside).toContain('slow');
  });
});
