/** What was entered, what is wrong with it, and how it is sent. */

import { useEffect, useMemo, useRef, useState } from 'react';

import { Problem, type ProblemError } from '../../api/http';
import { type Progress, upload } from '../../api/upload';
import type { Json } from '../../model/definition';
import {
  type Fault,
  type Field,
  type Sent,
  below,
  bodyOf,
  faultsAt,
  fieldsOf,
  initial,
  sentOf,
  withFiles,
} from '../../model/form';
import { type Drafts, remember, remembered } from './kept';

export interface Sending {
  progress: Progress | null;
  cancel: () => void;
}

/** Faults that the page has found, and those that the engine tells. */
export type Wrong = Fault | ProblemError;

/** A file that has changed or gone since it was chosen cannot be sent; the browser tells no more than that. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function unreadable(drafts: Drafts): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const [name, draft] of Object.entries(drafts)) {
    if (draft instanceof File && !(await isReadable(draft)))
      faults.push({ pointer: below('', name), reason: 'changed' });
  }
  return faults;
}

/** What is left to be told of an error beside the fields that show their own. */
function restOf(error: unknown, names: string[]): unknown {
  if (!(error instanceof Problem) || error.errors.length === 0) return error;
  const shown = new Set(names.flatMap((name) => faultsAt(error.errors, below('', name), true)));
  return new Problem(
    error.status,
    error.message,
    error.errors.filter((each) => !shown.has(each)),
  );
}

interface Drafted {
  fields: Field[];
  drafts: Drafts;
  change: (changed: Drafts) => void;
  /** Put files where there is room; gives the names of the fields that took one. */
  take: (files: File[]) => string[];
  reset: () => void;
}

/** What was entered; it is remembered as it changes. */
function useDrafts(route: string, body: Json, onChanged: (names: string[]) => void): Drafted {
  const fields = useMemo(() => fieldsOf(body), [body]);
  const [drafts, setDrafts] = useState<Drafts>(() => remembered(route, fields));
  const change = (changed: Drafts): void => {
    const now = { ...drafts, ...changed };
    setDrafts(now);
    remember(route, now);
    onChanged(Object.keys(changed));
  };
  const take = (files: File[]): string[] => {
    const placed = withFiles(fields, drafts, files);
    if (Object.keys(placed).length > 0) change(placed);
    return Object.keys(placed);
  };
  const reset = (): void => {
    change(Object.fromEntries(fields.map((field) => [field.name, initial(field)])));
  };
  return { fields, drafts, change, take, reset };
}

/** One request at a time, whose way is told; it ends when the form is left. */
function useUpload(route: string) {
  const [sending, setSending] = useState<Sending | null>(null);
  const control = useRef<AbortController | null>(null);
  useEffect(() => () => control.current?.abort(), []);
  /** Gives the id of the task, or null where the person has given up. */
  const start = async (made: Sent): Promise<string | null> => {
    const own = new AbortController();
    control.current = own;
    const told = (progress: Progress | null): void => {
      setSending({
        progress,
        cancel: () => {
          own.abort(new DOMException('given up', 'AbortError'));
        },
      });
    };
    told(null);
    try {
      return await upload(route, bodyOf(made), told, own.signal);
    } catch (reason) {
      if (own.signal.aborted) return null;
      throw reason;
    } finally {
      setSending(null);
    }
  };
  return { sending, start };
}

export function useSubmission(route: string, body: Json, onStarted: (taskId: string) => void) {
  const [faults, setFaults] = useState<Wrong[]>([]);
  const [error, setError] = useState<unknown>(null);
  const forget = (names: string[]): void => {
    setError(null);
    setFaults((before) =>
      before.filter((each) => !names.some((name) => faultsAt([each], below('', name), true).length)),
    );
  };
  const drafted = useDrafts(route, body, forget);
  const { sending, start } = useUpload(route);
  const failed = async (reason: unknown): Promise<void> => {
    const isLost = reason instanceof Problem && reason.status === 0;
    const changed = isLost ? await unreadable(drafted.drafts) : [];
    setFaults(changed.length === 0 && reason instanceof Problem ? reason.errors : changed);
    setError(changed.length > 0 ? null : restOf(reason, Object.keys(drafted.drafts)));
  };
  const send = async (): Promise<void> => {
    setError(null);
    const made = sentOf(drafted.fields, drafted.drafts);
    setFaults(Array.isArray(made) ? made : []);
    if (Array.isArray(made)) return;
    try {
      const taskId = await start(made);
      if (taskId !== null) onStarted(taskId);
    } catch (reason) {
      await failed(reason);
    }
  };
  return { ...drafted, faults, error, sending, send };
}
