import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type Edited, Keeper } from '../../src/components/save/keeper';
import { routeFault, withRoute } from '../../src/components/save/route';
import { routeOf } from '../../src/model/definition';
import { type Box, draftAt, draftsIn } from '../../src/model/drafts';
import { END, ENTRY, pipeline } from '../model/pipelines';

class MapBox implements Box {
  readonly held = new Map<string, string>();
  full = false;
  get length(): number {
    return this.held.size;
  }
  key(index: number): string | null {
    return [...this.held.keys()][index] ?? null;
  }
  getItem(key: string): string | null {
    return this.held.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.held.set(key, value);
  }
  removeItem(key: string): void {
    this.held.delete(key);
  }
}

const STORED = pipeline(ENTRY, END);
const CHANGED = pipeline(ENTRY, { id: 'a', next: ['end'] }, END);
const AGAIN = pipeline(ENTRY, { id: 'b', next: ['end'] }, END);
const EDITED: Edited = { route: 'test', base: 3, stored: STORED };

describe('the keeper of a draft', () => {
  let box: MapBox;
  let next: number;
  const newId = (): string => `d${(next += 1)}`;
  const keeper = (tab = 'one', edited = EDITED): Keeper => new Keeper(box, tab, newId, edited);
  const keep = (by: Keeper, definition = CHANGED): void => {
    by.keep(definition);
    by.flush();
  };

  beforeEach(() => {
    box = new MapBox();
    next = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('writes a moment after the last of many changes, once', () => {
    const mine = keeper();
    mine.keep(CHANGED);
    vi.advanceTimersByTime(300);
    mine.keep(AGAIN);
    expect(draftsIn(box)).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(draftsIn(box)).toEqual([
      expect.objectContaining({ id: 'd1', route: 'test', base: 3, turn: 1, tab: 'one', definition: AGAIN }),
    ]);
    expect(mine.state()).toMatchObject({ trouble: null, at: Date.now() - 100 });
  });

  it('begins with what its tab left, or with what the address names', () => {
    keep(keeper());
    keep(keeper('two'), AGAIN);
    expect(keeper().begin?.definition).toEqual(CHANGED);
    expect(
      keeper()
        .state()
        .others.map((each) => each.id),
    ).toEqual(['d2']);
    expect(keeper('three').begin).toBeNull();
    expect(keeper('three', { ...EDITED, wanted: 'd2' }).begin?.definition).toEqual(AGAIN);
  });

  it('keeps the version that a draft began from, though another one is stored by now', () => {
    keep(keeper());
    const later = keeper('one', { ...EDITED, base: 4, stored: AGAIN });
    expect(later.begin).toMatchObject({ base: 3, definition: CHANGED });
    keep(later, pipeline(ENTRY));
    expect(draftAt(box, 'd1')).toMatchObject({ base: 3, definition: pipeline(ENTRY) });
  });

  it('lets a draft vanish that says what is stored', () => {
    const mine = keeper();
    keep(mine);
    keep(mine, STORED);
    expect(draftsIn(box)).toEqual([]);
    keep(mine);
    mine.tellStored({ ...EDITED, base: 4, stored: AGAIN });
    keep(mine, AGAIN);
    expect(draftsIn(box)).toEqual([]);
  });

  it('keeps both where two tabs write, and tells the second', () => {
    const mine = keeper();
    keep(mine);
    const copied = keeper(); // a tab that was duplicated bears the same name
    keep(copied, AGAIN);
    keep(mine, pipeline(END));
    expect(mine.state().trouble).toBe('elsewhere');
    expect(draftsIn(box).map((each) => each.definition)).toEqual(
      expect.arrayContaining([AGAIN, pipeline(END)]),
    );
    keep(mine, pipeline(ENTRY));
    expect(draftsIn(box)).toHaveLength(2);
    expect(mine.state().trouble).toBe('elsewhere');
  });

  it('goes on with the draft of another tab, and leaves its own beside it', () => {
    keep(keeper('two'), AGAIN);
    const mine = keeper();
    keep(mine);
    const [other] = mine.state().others;
    if (!other) throw new Error('there is no other');
    mine.takeUp(other);
    keep(mine, pipeline(ENTRY));
    expect(draftAt(box, other.id)).toMatchObject({ tab: 'one', definition: pipeline(ENTRY) });
    expect(mine.state().others.map((each) => each.definition)).toEqual([CHANGED]);
  });

  it('begins anew beside what was kept', () => {
    const mine = keeper();
    keep(mine);
    mine.anew();
    keep(mine, AGAIN);
    expect(draftsIn(box)).toHaveLength(2);
  });

  it('drops its draft when it was saved, with what still waits', () => {
    const mine = keeper();
    keep(mine);
    mine.keep(AGAIN);
    mine.finished();
    vi.advanceTimersByTime(1_000);
    expect(draftsIn(box)).toEqual([]);
  });

  it('tells of a full store, and that there is room again', () => {
    const mine = keeper();
    const told = vi.fn();
    mine.subscribe(told);
    box.full = true;
    keep(mine);
    expect(mine.state()).toMatchObject({ trouble: 'full', at: null });
    box.full = false;
    keep(mine);
    expect(mine.state().trouble).toBeNull();
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('tells where the browser keeps nothing', () => {
    const mine = new Keeper(null, 'one', newId, EDITED);
    keep(mine);
    expect(mine.state().trouble).toBe('blocked');
  });
});

describe('the route of a pipeline that is saved', () => {
  it('is refused where it is none, or taken', () => {
    expect(routeFault('', [])).toBe('routeMissing');
    expect(routeFault('a/b', [])).toBe('routePattern');
    expect(routeFault('a'.repeat(201), [])).toBe('routePattern');
    expect(routeFault('a.b_c-1', ['other'])).toBeNull();
    expect(routeFault('other', ['other'])).toBe('routeTaken');
  });

  it('is written into the entry, with all else as it was', () => {
    const changed = withRoute(STORED, 'new');
    expect(routeOf(changed)).toBe('new');
    expect(routeOf(STORED)).toBe('test');
    expect(withRoute(changed, 'test')).toEqual(STORED);
    expect(withRoute(pipeline(END), 'new')).toEqual(pipeline(END));
  });
});
