/** Faults of a definition at the nodes that they belong to, also after it has changed again. */

import { type Definition, type NodeKey, placed } from './definition';
import { followed } from './follow';

/** A fault, as the engine names it: a JSON pointer and a sentence. */
export interface CheckFault {
  pointer?: string;
  detail: string;
}

/** What was found out about a definition; `failed`: why it could not be checked. */
export interface Checked {
  definition: Definition;
  faults: CheckFault[];
  failed: string | null;
}

export interface PlacedFault {
  /** The node as it stands now; null where the fault is one of the whole pipeline. */
  key: NodeKey | null;
  /** The place within the node, as in `input/image`; empty for the node itself. */
  field: string;
  pointer: string;
  detail: string;
}

/** The faults at their nodes in the definition as it is now; those of nodes that are gone are left out. */
export function placedFaults(checked: Checked, now: Definition): PlacedFault[] {
  const keys = new Set(placed(checked.definition).map(({ key }) => key));
  const moved = followed(checked.definition, now);
  return checked.faults.flatMap(({ pointer = '', detail }) => {
    let key = pointer;
    while (key && !keys.has(key)) key = up(key);
    const here = key ? moved.get(key) : null;
    if (here === undefined) return [];
    const field = key ? pointer.slice(key.length + 1) : pointer;
    return [
      { key: here, field, pointer: here === null ? pointer : here + pointer.slice(key.length), detail },
    ];
  });
}

const up = (key: string): string => key.slice(0, Math.max(key.lastIndexOf('/'), 0));

/** How many faults each node has. */
export function countFaults(faults: PlacedFault[]): Map<NodeKey, number> {
  const counts = new Map<NodeKey, number>();
  for (const { key } of faults) if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
