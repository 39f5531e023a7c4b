/** Store the pipelines of files: each is told by itself, so that one bad file does not hide the others. */

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { check, services, store, stored } from '../../api/queries';
import { type Definition, routeOf } from '../../model/definition';
import { isSameDefinition, plain } from '../../model/diff';
import { lineOf, readDefinition } from '../../model/text';
import type { Service } from '../../model/wire';

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

async function storeOne(definition: Definition, open: Service[]): Promise<Imported['outcome']> {
  const route = routeOf(definition);
  await check(plain(definition));
  if (!open.some(({ type, state }) => type === 'pipeline' && state.route === route)) {
    await store(plain(definition));
    return 'new';
  }
  const there = await stored(route);
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
      const text = await file.text();
      const { definition, faults } = readDefinition(text);
      if (!definition) {
        const [fault] = faults;
        throw new Error(
          fault && fault.message !== 'NoPipeline'
            ? t('catalogue.noJson', { name: file.name, line: lineOf(text, fault.from) })
            : t('catalogue.wrongFile', { name: file.name }),
        );
      }
      const open = await client.query({ ...services, staleTime: 0 });
      return { ...result, route: routeOf(definition), outcome: await storeOne(definition, open) };
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
