import { beforeEach, describe, expect, it } from 'vitest';

import {
  type Box,
  type Draft,
  discard,
  discardSaved,
  draftAt,
  draftsIn,
  isDraftKey,
  keep,
  ownOf,
  putBack,
} from '../../src/model/drafts';
import { END, ENTRY, pipeline } from './pipelines';

/** A store with room for so many characters, which fails as those of browsers do. */
class SmallBox implements Box {
  readonly #held = new Map<string, string>();
  room = Infinity;
  open = true;

  get length(): number {
    return this.#held.size;
  }
  key(index: number): string | null {
    return [...this.#held.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    if (!this.open) throw new DOMException('closed', 'SecurityError');
    return this.#held.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (value.length > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.#held.set(key, value);
  }
  removeItem(key: string): void {
    this.#held.delete(key);
  }
}

const DEFINITION = pipeline(ENTRY, END);
const OTHER = pipeline(ENTRY, { ...END, input: {} });
const draft = (more: Partial<Draft> = {}): Draft => ({
  id: 'd1',
  route: 'test',
  base: 3,
  at: 1_000,
  tab: 'one',
  definition: DEFINITION,
  turn: 0,
  ...more,
});
const kept = (box: Box, wish: Draft): Draft => {
  const { draft: there, trouble } = keep(box, wish);
  if (!there) throw new Error(trouble);
  return there;
};

describe('drafts', () => {
  let box: SmallBox;
  beforeEach(() => {
    box = new SmallBox();
  });

  it('are kept with route, version, time and definition, the newest first', () => {
    kept(box, draft());
    kept(box, draft({ id: 'd2', route: null, base: null, at: 2_000, definition: OTHER }));
    box.setItem('theme', 'dark');
    expect(draftsIn(box).map((each) => each.id)).toEqual(['d2', 'd1']);
    expect(draftAt(box, 'd1')).toEqual(draft({ turn: 1 }));
    expect(draftAt(box, 'd2')).toMatchObject({ route: null, base: null, definition: OTHER });
  });

  it('are written again and again by the one that writes them', () => {
    const first = kept(box, draft());
    const second = kept(box, { ...first, definition: OTHER });
    expect(second.turn).toBe(2);
    expect(draftAt(box, 'd1')?.definition).toEqual(OTHER);
  });

  it('are never written over by another tab that knew an earlier state', () => {
    const mine = kept(box, draft());
    kept(box, { ...mine, tab: 'two', definition: OTHER });
    expect(keep(box, { ...mine, at: 5_000 })).toEqual({ draft: null, trouble: 'elsewhere' });
    expect(draftAt(box, 'd1')).toMatchObject({ tab: 'two', definition: OTHER });
    expect(kept(box, draft({ id: 'd2' })).turn).toBe(1); // beside it there is room
  });

  it('say so when another tab has thrown them away', () => {
    const mine = kept(box, draft());
    expect(discard(box, mine)).toBe(true);
    expect(keep(box, mine)).toEqual({ draft: null, trouble: 'elsewhere' });
  });

  it('are not thrown away where somebody has gone on with them', () => {
    const mine = kept(box, draft());
    const theirs = kept(box, { ...mine, tab: 'two' });
    expect(discard(box, mine)).toBe(false);
    expect(discard(box, theirs)).toBe(true);
    expect(draftsIn(box)).toEqual([]);
  });

  it('come back after they were thrown away', () => {
    const mine = kept(box, draft());
    discard(box, mine);
    expect(putBack(box, mine).trouble).toBeNull();
    expect(draftAt(box, 'd1')).toEqual(mine);
  });

  it('tell of a full store and of a closed one, and leave what was there', () => {
    const mine = kept(box, draft());
    box.room = 10;
    expect(keep(box, { ...mine, definition: OTHER })).toEqual({ draft: null, trouble: 'full' });
    expect(draftAt(box, 'd1')?.definition).toEqual(DEFINITION);
    box.open = false;
    expect(keep(box, mine)).toEqual({ draft: null, trouble: 'blocked' });
  });

  it('vanish where they say what is stored, in whatever order of keys', () => {
    kept(box, draft());
    kept(box, draft({ id: 'd2', definition: OTHER }));
    kept(box, draft({ id: 'd3', route: null }));
    const [entry] = DEFINITION.nodes;
    const stored = pipeline(Object.fromEntries(Object.entries(entry ?? {}).reverse()), END);
    expect(discardSaved(box, new Map([['test', stored]]))).toBe(1);
    expect(
      draftsIn(box)
        .map((each) => each.id)
        .sort(),
    ).toEqual(['d2', 'd3']);
  });

  it('are found again by the tab that left them', () => {
    kept(box, draft());
    kept(box, draft({ id: 'd2', tab: 'two', at: 9_000 }));
    kept(box, draft({ id: 'd3', route: null, at: 8_000 }));
    const all = draftsIn(box);
    expect(ownOf(all, 'test', 'one')?.id).toBe('d1');
    expect(ownOf(all, null, 'one')?.id).toBe('d3');
    expect(ownOf(all, 'test', 'three')).toBeNull();
  });

  it('are left out where they cannot be read, and never written over', () => {
    const broken = ['{', '[]', '{"at": 1}', '{"at":1,"tab":"x","turn":1,"definition":{}}', 'null'];
    broken.forEach((text, index) => {
      box.setItem(`draft/b${index}`, text);
    });
    expect(draftsIn(box)).toEqual([]);
    expect(keep(box, draft({ id: 'b0' })).trouble).toBe('elsewhere');
    expect(box.getItem('draft/b0')).toBe('{');
  });

  it('are told from what else is in the store', () => {
    expect([isDraftKey('draft/x'), isDraftKey('language'), isDraftKey(null)]).toEqual([true, false, true]);
  });
});
