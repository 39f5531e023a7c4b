/** The engine's check of a definition, some time after its last change, without storing anything. */

import { useEffect, useState } from 'react';

import { Problem } from '../../api/http';
import { check as ask } from '../../api/queries';
import type { Checked } from '../../model/checks';
import type { Definition } from '../../model/definition';
import { plain } from '../../model/diff';

/** How long nothing must change before the engine is asked, in milliseconds. */
const PAUSE = 450;

async function check(definition: Definition): Promise<Checked> {
  try {
    await ask(plain(definition));
    return { definition, faults: [], failed: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const refused = error.status === 422 && error.errors.length > 0;
    return refused
      ? { definition, faults: error.errors, failed: null }
      : { definition, faults: [], failed: error.message };
  }
}

/** What the last check found, and whether there is one under way; `again` asks at once. */
export function useCheck(definition: Definition): {
  checked: Checked | null;
  checking: boolean;
  again: () => void;
} {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [asked, setAsked] = useState(0);
  const [done, setDone] = useState(-1);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(() => {
      void check(definition).then((found) => {
        if (!wanted) return;
        setChecked(found);
        setDone(asked);
      });
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [definition, asked]);
  return {
    checked,
    checking: checked?.definition !== definition || done !== asked,
    again: () => {
      setAsked((before) => before + 1);
    },
  };
}
