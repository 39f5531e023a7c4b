/** The pages on which a pipeline is changed, which are loaded when the first one is opened. */

import { Alert, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type UseNavigateResult, getRouteApi, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';

import { service, services } from '../api/queries';
import { useDenied } from '../api/use-key';
import { ErrorView } from '../components/error-view';
import { Editor } from '../features/editor/editor';
import { VersionsView } from '../features/versions/versions-view';
import type { Definition } from '../model/definition';
import { newNode } from '../model/edit';
import type { Service } from '../model/wire';

const edit = getRouteApi('/edit/$route');
const fresh = getRouteApi('/new');
const versions = getRouteApi('/services/$route/versions');

const NOTHING: Service[] = [];

/** What a new pipeline begins with. */
const BEGINNING: Definition = {
  type: 'pipeline',
  nodes: [{ ...newNode('entry', 'entry'), next: ['end'] }, newNode('end', 'end')],
};

function useWays(navigate: UseNavigateResult<string>) {
  return useMemo(
    () => ({
      onSaved: (route: string) => void navigate({ to: '/edit/$route', params: { route } }),
      onRun: (route: string) => void navigate({ to: '/services/$route', params: { route } }),
    }),
    [navigate],
  );
}

/** Nobody begins to change what cannot be stored; a draft stays where it is kept. */
function MayEdit({ children }: { children: ReactNode }) {
  const denied = useDenied('author');
  return denied === null ? children : <Alert color="gray">{denied}</Alert>;
}

export function EditPage() {
  const { route } = edit.useParams();
  const { draft } = edit.useSearch();
  const ways = useWays(useNavigate());
  const { data, error, refetch, isFetchedAfterMount } = useQuery(service(route));
  const { data: known } = useQuery(services);
  if (error && !data) return <ErrorView error={error} again={() => void refetch()} />;
  // What was kept from an earlier page may be an older version than the one that is stored.
  if (!data || !isFetchedAfterMount) return <Skeleton h={400} />;
  return (
    <MayEdit>
      <Editor
        key={`${route} ${draft ?? ''}`}
        initial={{ type: 'pipeline', nodes: data.nodes }}
        route={route}
        version={data.state.version}
        draft={draft}
        services={known ?? NOTHING}
        {...ways}
      />
    </MayEdit>
  );
}

export function NewPage() {
  const { draft } = fresh.useSearch();
  const ways = useWays(useNavigate());
  const { data: known } = useQuery(services);
  return (
    <MayEdit>
      <Editor
        key={draft ?? ''}
        initial={BEGINNING}
        route={null}
        draft={draft}
        services={known ?? NOTHING}
        {...ways}
      />
    </MayEdit>
  );
}

export function VersionsPage() {
  const { route } = versions.useParams();
  const search = versions.useSearch();
  const navigate = versions.useNavigate();
  return (
    <VersionsView
      key={route}
      route={route}
      {...search}
      onCompare={(a, b) => void navigate({ search: { a, b }, replace: true })}
    />
  );
}
