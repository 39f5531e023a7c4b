/** What all fields of the inspector share: the node, how it is changed, its faults, and what may be written. */

import { createContext, useContext } from 'react';

import type { Known } from '../../model/complete';
import type { Definition, Json, JsonObject, NodeKey } from '../../model/definition';
import { type NodeFault, faultsAt } from '../../model/faults';
import type { Suggestion } from '../../model/paths';
import type { Unfinished } from '../../model/unfinished';
import type { Service } from '../../model/wire';
import { type Place, valueAt } from './place';

export interface Held {
  definition: Definition;
  nodeKey: NodeKey;
  node: JsonObject;
  faults: readonly NodeFault[];
  services: readonly Service[];
  known: Known;
  /** What may be written in paths, and in code. */
  paths: readonly Suggestion[];
  names: readonly Suggestion[];
  collected: readonly Suggestion[];
  /** Set what is at a place in the node; `undefined` takes it out. */
  set: (place: Place, value: Json | undefined) => void;
  /** Set several fields of the node in one change. */
  setAll: (fields: Record<string, Json | undefined>) => void;
  /** Change more than the node, or select another one. */
  change: (definition: Definition, selected?: NodeKey) => void;
  onHover: (id: string | null) => void;
  /** Texts of this node that are no JSON yet, and how they are kept; null: there is none any more. */
  unfinished: readonly Unfinished[];
  onUnfinished: (place: Place, text: Omit<Unfinished, 'place'> | null) => void;
}

export const HeldContext = createContext<Held | null>(null);

export function useHeld(): Held {
  const held = useContext(HeldContext);
  if (!held) throw new Error('a field of the inspector stands outside of it');
  return held;
}

/** A field: its value, how it is changed, and its faults. */
export function useField(place: Place): {
  value: Json | undefined;
  set: (value: Json | undefined) => void;
  faults: NodeFault[];
  error: string | undefined;
} {
  const { node, set, faults } = useHeld();
  const found = faultsAt(faults, ...place);
  return {
    value: valueAt(node, place),
    set: (value) => {
      set(place, value);
    },
    faults: found,
    error: found.map(({ message }) => message).join(' ') || undefined,
  };
}

/** A place as the fields are called: `then.next`. */
export function nameOf(place: Place): string {
  return place.join('.');
}
