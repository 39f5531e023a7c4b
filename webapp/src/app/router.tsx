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
import { parseSearch, stringifySearch } from './search';
import { Shell } from './shell';

const PipelinePage = lazyRouteComponent(() => import('./graph-pages'), 'PipelinePage');
const ComparePage = lazyRouteComponent(() => import('./graph-pages'), 'ComparePage');
const TaskPage = lazyRouteComponent(() => import('./graph-pages'), 'TaskPage');
const EditPage = lazyRouteComponent(() => import('./edit-pages'), 'EditPage');
const NewPage = lazyRouteComponent(() => import('./edit-pages'), 'NewPage');
const VersionsPage = lazyRouteComponent(() => import('./edit-pages'), 'VersionsPage');
const SettingsPage = lazyRouteComponent(() => import('./settings-page'), 'SettingsPage');

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

const whole = (value: unknown): number | undefined => {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number > 0 ? number : undefined;
};

/** What is known of these, without the names of what is not. */
function known<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter((entry) => entry[1] !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

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
const task = createRoute({
  getParentRoute: () => root,
  path: '/tasks/$id',
  component: TaskPage,
  validateSearch: (
    search: Record<string, unknown>,
  ): { node?: string | undefined; view?: 'graph' | 'timeline' | undefined } => {
    const node = text(search['node']);
    return { ...(node ? { node } : {}), ...(search['view'] === 'timeline' ? { view: 'timeline' } : {}) };
  },
});
const compare = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  component: ComparePage,
  validateSearch: (search: Record<string, unknown>): { a?: string | undefined; b?: string | undefined } => {
    const [a, b] = [text(search['a']), text(search['b'])];
    return { ...(a ? { a } : {}), ...(b ? { b } : {}) };
  },
});
const draft = (search: Record<string, unknown>): { draft?: string } =>
  known({ draft: text(search['draft']) });
const edit = createRoute({
  getParentRoute: () => root,
  path: '/edit/$route',
  component: EditPage,
  validateSearch: draft,
});
const fresh = createRoute({
  getParentRoute: () => root,
  path: '/new',
  component: NewPage,
  validateSearch: draft,
});
const versions = createRoute({
  getParentRoute: () => root,
  path: '/services/$route/versions',
  component: VersionsPage,
  validateSearch: (search: Record<string, unknown>): { a?: number | undefined; b?: number | undefined } =>
    known({ a: whole(search['a']), b: whole(search['b']) }),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: SettingsPage,
});
const status = createRoute({ getParentRoute: () => root, path: '/status', component: StatusView });

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    pipeline,
    versions,
    edit,
    fresh,
    tasks,
    task,
    compare,
    status,
    settings,
  ]),
  history: createHashHistory(),
  parseSearch,
  stringifySearch,
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
