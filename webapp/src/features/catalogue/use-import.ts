/** Store the pipelines of files: each is told by itself, so that one bad file does not hide the others. */

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Problem } from '../../api/http';
import { store, stored } from '../../api/queries';
import { type Definition, routeOf } from '../../model/definition';
import { isSameDefinition, plain } from '../../model/diff';
import { readDefinition } from '../../model/text';

export interface Imported {
  name: string;
  /** What came of it: a new pipeline, a new version, nothing new, or why not. */
  outcome: 'new' | 'version' | 'same' | 'failed';
  route: string;
  error: Error | null;
}

export interface Import {
  done: Imported[];
  busy: boolean;
  take: (files: File[]) => void;
  clear: () => void;
}

/** A definition is at most so many bytes: what is larger is not even read. */
const LARGEST = 1_000_000;

async function storeOne(definition: Definition): Promise<Imported['outcome']> {
  const route = routeOf(definition);
  const there = await stored(route).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  });
  if (there?.service.type !== 'pipeline') {
    await store(plain(definition));
    return 'new';
  }
  if (isSameDefinition({ type: 'pipeline', nodes: there.service.nodes }, definition)) return 'same';
  await store(plain(definition), route, there.tag);
  return 'version';
}

export function useImport(): Import {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [done, setDone] = useState<Imported[]>([]);
  const [busy, setBusy] = useState(false);
  const one = async (file: File): Promise<Imported> => {
    const result: Imported = { name: file.name, outcome: 'failed', route: '', error: null };
    try {
      if (file.size > LARGEST) throw new Error(t('catalogue.largeFile', { name: file.name }));
      const { definition, faults } = readDefinition(await file.text());
      if (!definition) {
        throw new Error(t('catalogue.wrongFile', { name: file.name, reason: faults[0]?.message ?? '' }));
      }
      return { ...result, route: routeOf(definition), outcome: await storeOne(definition) };
    } catch (error) {
      return { ...result, error: error instanceof Error ? error : new Error(String(error)) };
    }
  };
  const all = async (files: File[]): Promise<void> => {
    setBusy(true);
    const found: Imported[] = [];
    // One after the other: a pipeline may call another one of the same files.
    for (const file of files) {
      found.push(await one(file));
      setDone([...found]);
    }
    setBusy(false);
    await client.invalidateQueries({ queryKey: ['services'] });
  };
  const take = (files: File[]): void => {
    if (files.length > 0 && !busy) void all(files);
  };
  const clear = (): void => {
    setDone([]);
  };
  return { done, busy, take, clear };
}
