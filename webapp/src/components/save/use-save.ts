/** Saving, with what the engine says of it: its check, what it has stored meanwhile, how it took it. */

import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { Problem } from '../../api/http';
import { check, services, store, stored } from '../../api/queries';
import type { Definition } from '../../model/definition';
import { isSameDefinition, plain } from '../../model/diff';
import { routeFault, withRoute } from './route';

/** Milliseconds after the last letter of a route until it is checked. */
const TYPING = 300;

export interface Wish {
  /** The route of what is changed; null for a new pipeline. */
  route: string | null;
  before: Definition | null;
  /** The version that `after` was begun from, where that is known: a draft may be older than `before`. */
  base?: number | null | undefined;
  after: Definition;
  onSaved: (route: string) => void;
}

export interface Saving {
  /** What is stored now; null for a new pipeline, and until it is known. */
  theirs: Definition | null;
  version: number | null;
  /** Another version was stored since this one was begun. */
  conflict: boolean;
  /** Whether it is known what is stored. */
  asked: boolean;
  faults: Error | null;
  checking: boolean;
  failure: Error | null;
  busy: boolean;
  /** Routes that are taken. */
  taken: string[];
  /** Store a new version over the one that is stored now. */
  saveOver: () => void;
  /** Store it as a new pipeline. */
  saveAs: () => void;
}

const isOutdated = (error: unknown): boolean => error instanceof Problem && error.status === 412;

/** What the engine says of the definition under this route. */
function useCheck(after: Definition, target: string): Pick<Saving, 'faults' | 'checking'> {
  const [named] = useDebouncedValue(target, TYPING);
  const checked = useQuery({
    queryKey: ['check', named, after],
    queryFn: () => check(plain(withRoute(after, named))),
    enabled: routeFault(named, []) === null, // what is wrong with a route stands at its field
    gcTime: 0,
    retry: false,
  });
  return { faults: checked.error, checking: checked.isPending || named !== target };
}

/** What is stored under the route now, with its tag. */
function useStored(route: string | null) {
  return useQuery({
    queryKey: ['save', route],
    queryFn: () => stored(route ?? ''),
    enabled: route !== null,
    gcTime: 0,
    staleTime: Infinity,
  });
}

/** `target`: the route under which it is to be stored. */
export function useSave({ route, before, base, after, onSaved }: Wish, target: string): Saving {
  const client = useQueryClient();
  const now = useStored(route);
  const all = useQuery(services);
  const saving = useMutation({
    mutationFn: async (over: boolean) => {
      const definition = plain(withRoute(after, target));
      await (over ? store(definition, target, now.data?.tag) : store(definition));
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['services'] });
      onSaved(target);
    },
    onError: (error) => {
      if (isOutdated(error)) void now.refetch();
    },
  });
  const theirs: Definition | null = now.data ? { ...now.data.service, type: 'pipeline' } : null;
  const outdated = isOutdated(saving.error);
  const version = now.data?.service.state.version ?? null;
  return {
    ...useCheck(after, target),
    theirs,
    version,
    conflict: outdated || isNewer(version, base) || isOther(theirs, before),
    asked: route === null || !now.isPending,
    failure: outdated ? null : (saving.error ?? now.error),
    busy: saving.isPending || now.isFetching,
    taken: (all.data ?? []).map((each) => each.state.route),
    saveOver: () => {
      saving.mutate(true);
    },
    saveAs: () => {
      saving.mutate(false);
    },
  };
}

function isNewer(version: number | null, base: number | null | undefined): boolean {
  return version !== null && base != null && version > base;
}

function isOther(theirs: Definition | null, before: Definition | null): boolean {
  return theirs !== null && before !== null && !isSameDefinition(theirs, before);
}
