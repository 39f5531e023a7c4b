/** The pages with a drawing, which are loaded when the first one is opened. */

import { Grid, Skeleton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';

import { service } from '../api/queries';
import { draftBox, newDraftId } from '../components/save/use-draft';
import { ErrorView } from '../components/error-view';
import { CompareView } from '../features/compare/compare-view';
import { PipelineView } from '../features/pipeline/pipeline-view';
import { RunForm } from '../features/run/run-form';
import { TaskView } from '../features/task/task-view';
import { type Definition, isObject, placed, typeOf } from '../model/definition';
import { keep } from '../model/drafts';
import type { Service } from '../model/wire';

const pipeline = getRouteApi('/services/$route');
const task = getRouteApi('/tasks/$id');
const compare = getRouteApi('/compare');

function bodyOf(found: Service) {
  if (found.api) return found.api.body;
  const entry = placed({ type: 'pipeline', nodes: found.nodes }).find(({ node }) => typeOf(node) === 'entry');
  const api = entry?.node['api'];
  return isObject(api) ? (api['body'] ?? null) : null;
}

export function PipelinePage() {
  const { route } = pipeline.useParams();
  const navigate = pipeline.useNavigate();
  const { data, error, refetch } = useQuery(service(route));
  if (error && !data) return <ErrorView error={error} again={() => void refetch()} />;
  if (!data) return <Skeleton h={400} />;
  return (
    <Grid key={route}>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <PipelineView service={data} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <RunForm
          key={JSON.stringify(bodyOf(data))}
          route={route}
          body={bodyOf(data)}
          onStarted={(id) => void navigate({ to: '/tasks/$id', params: { id } })}
        />
      </Grid.Col>
    </Grid>
  );
}

/** Saving is done in the editor, which shows what would change: give it the definition as a draft. Null where none is kept. */
function useHandOver(): (route: string, definition: Definition) => Promise<string | null> {
  const client = useQueryClient();
  return async (route, definition) => {
    const { state } = await client.query({ ...service(route), staleTime: 0 });
    const [box, id] = [draftBox(), newDraftId()];
    const pipeline: Definition = { type: 'pipeline', nodes: definition.nodes };
    const draft = { id, route, base: state.version, at: Date.now(), tab: id, definition: pipeline, turn: 0 };
    return box && keep(box, draft).draft ? id : null;
  };
}

export function TaskPage() {
  const handOver = useHandOver();
  const { id } = task.useParams();
  const { node, view } = task.useSearch();
  const navigate = task.useNavigate();
  return (
    <TaskView
      key={id}
      taskId={id}
      node={node}
      tab={view}
      onNode={(found) => void navigate({ search: (old) => ({ ...old, node: found ?? undefined }) })}
      onTab={(tab) => void navigate({ search: (old) => ({ ...old, view: tab }), replace: true })}
      onTask={(other) => void navigate({ to: '/tasks/$id', params: { id: other }, search: {} })}
      onCompare={(a) => void navigate({ to: '/compare', search: { a } })}
      onSaveVersion={async (route, definition) => {
        const draft = await handOver(route, definition);
        if (draft !== null) await navigate({ to: '/edit/$route', params: { route }, search: { draft } });
        return draft !== null;
      }}
    />
  );
}

export function ComparePage() {
  const { a, b } = compare.useSearch();
  const navigate = compare.useNavigate();
  return <CompareView a={a} b={b} onChoose={(search) => void navigate({ search })} />;
}
