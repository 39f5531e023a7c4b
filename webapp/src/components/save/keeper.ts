/** Keeps what is being edited as a draft: a moment after each change, and under a name that nobody else writes to. */

import type { Definition } from '../../model/definition';
import { isSameDefinition } from '../../model/diff';
import {
  type Box,
  type Draft,
  type Trouble,
  discard,
  draftAt,
  draftsIn,
  keep,
  ownOf,
} from '../../model/drafts';

/** Milliseconds after a change until it is written: typing makes one draft, not one for each letter. */
const PAUSE = 400;

export interface Edited {
  /** null: a new pipeline. */
  route: string | null;
  /** The version that is stored now. */
  base: number | null;
  stored: Definition | null;
  /** The draft to go on with, as the address says; else the one that this tab left. */
  wanted?: string | undefined;
}

export interface Keeping {
  /** The other drafts of this route. */
  others: Draft[];
  trouble: Trouble | null;
  /** When the draft was last written; null where there is none. */
  at: number | null;
}

export class Keeper {
  /** What to begin with in place of what is stored. */
  readonly begin: Draft | null;
  #current: Draft | null;
  #pending: Definition | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: Keeping;
  #edited: Edited;
  readonly #listeners = new Set<() => void>();

  /** `box`: null where the browser keeps nothing for this page. */
  constructor(
    private readonly box: Box | null,
    private readonly tab: string,
    private readonly newId: () => string,
    edited: Edited,
  ) {
    this.#edited = edited;
    const wanted = box && edited.wanted ? draftAt(box, edited.wanted) : null;
    this.begin = box ? (wanted ?? ownOf(draftsIn(box), edited.route, tab)) : null;
    this.#current = this.begin;
    this.#state = { others: this.#others(), trouble: null, at: this.begin?.at ?? null };
  }

  readonly state = (): Keeping => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Keep this, soon. What equals what is stored needs no draft. */
  readonly keep = (definition: Definition): void => {
    this.#pending = definition;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.flush, PAUSE);
  };

  /** Write now what waits. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    const definition = this.#pending;
    this.#pending = null;
    if (!definition) return;
    const { stored } = this.#edited;
    if (stored && isSameDefinition(stored, definition)) this.#drop();
    else this.#write(definition);
  };

  /** Another version is stored now: what a draft equals may be another thing. */
  readonly tellStored = (edited: Edited): void => {
    this.#edited = edited;
  };

  /** What was edited is saved, or given up: no draft of it is needed. */
  readonly finished = (): void => {
    clearTimeout(this.#timer);
    this.#pending = null;
    this.#drop();
  };

  /** Go on with another draft; what was kept until now stays beside it. The caller shows what it holds. */
  readonly takeUp = (draft: Draft): void => {
    this.flush();
    this.#current = draft;
    this.#tell({ trouble: null, at: draft.at });
  };

  /** Begin a draft of its own; what was kept until now stays beside it. */
  readonly anew = (): void => {
    this.flush();
    this.#current = null;
    this.#tell({ trouble: null, at: null });
  };

  readonly throwAway = (draft: Draft): void => {
    if (this.box) discard(this.box, draft);
    this.#tell({});
  };

  /** Another tab has changed the store. */
  readonly look = (): void => {
    this.#tell({});
  };

  #write(definition: Definition): void {
    if (!this.box) {
      this.#tell({ trouble: 'blocked' });
      return;
    }
    const base = this.#current?.base ?? this.#edited.base;
    const fresh = { id: this.newId(), route: this.#edited.route, base, turn: 0 };
    const rest = { definition, at: Date.now(), tab: this.tab };
    let kept = keep(this.box, { ...fresh, ...this.#current, ...rest });
    const elsewhere = kept.trouble === 'elsewhere';
    if (elsewhere) kept = keep(this.box, { ...fresh, ...rest });
    if (kept.draft) this.#current = kept.draft;
    const trouble = kept.trouble ?? (elsewhere ? 'elsewhere' : this.#lasting());
    this.#tell({ trouble, at: kept.draft?.at ?? this.#state.at });
  }

  /** That somebody else has gone on with the draft is told until the person leads elsewhere. */
  #lasting(): Trouble | null {
    return this.#state.trouble === 'elsewhere' ? 'elsewhere' : null;
  }

  #drop(): void {
    if (this.box && this.#current) discard(this.box, this.#current);
    this.#current = null;
    this.#tell({ trouble: null, at: null });
  }

  #others(): Draft[] {
    if (!this.box) return [];
    return draftsIn(this.box).filter(
      (each) => each.route === this.#edited.route && each.id !== this.#current?.id,
    );
  }

  #tell(change: Partial<Keeping>): void {
    this.#state = { ...this.#state, ...change, others: this.#others() };
    for (const listener of this.#listeners) listener();
  }
}
