/** The addresses: behind the hash, so that they can never be taken for one of the engine's. */

import { Alert } from '@mantine/core';
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import type { TaskFilter } from '../api/queries';
import { ErrorView } from '../components/error-view';
import { StatusView } from '../features/status/status-view';
import { CataloguePage, TasksPage } from './pages';
import { Shell } from './shell';

const PipelinePage = lazyRouteComponent(() => import('./graph-pages'), 'PipelinePage');
const TaskPage = lazyRouteComponent(() => import('./graph-pages'), 'TaskPage');

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: Failed });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: CataloguePage,
  validateSearch: (search: Record<string, unknown>): { q?: string } => {
    const q = text(search['q']);
    return q ? { q } : {};
  },
});
const pipeline = createRoute({
  getParentRoute: () => root,
  path: '/services/$route',
  component: PipelinePage,
});
const tasks = createRoute({
  getParentRoute: () => root,
  path: '/tasks',
  component: TasksPage,
  validateSearch: (search: Record<string, unknown>): TaskFilter => {
    const kept = ['route', 'status', 'cursor'].flatMap((name) => {
      const value = text(search[name]);
      return value ? [[name, value]] : [];
    });
    return Object.fromEntries(kept) as TaskFilter;
  },
});
const task = createRoute({ getParentRoute: () => root, path: '/tasks/$id', component: TaskPage });
const status = createRoute({ getParentRoute: () => root, path: '/status', component: StatusView });

export const router = createRouter({
  routeTree: root.addChildren([home, pipeline, tasks, task, status]),
  history: createHashHistory(),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

function NotFound() {
  const { t } = useTranslation();
  return <Alert color="gray">{t('error.notFound')}</Alert>;
}

function Failed({ error, reset }: { error: unknown; reset: () => void }) {
  return <ErrorView error={error} again={reset} />;
}
