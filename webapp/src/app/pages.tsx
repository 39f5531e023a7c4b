/** The pages: features put together, with what the address says. */

import { getRouteApi } from '@tanstack/react-router';

import { Catalogue } from '../features/catalogue/catalogue';
import { TasksView } from '../features/tasks/tasks-view';

const home = getRouteApi('/');
const list = getRouteApi('/tasks');

export function CataloguePage() {
  const { q = '' } = home.useSearch();
  const navigate = home.useNavigate();
  return (
    <Catalogue
      search={q}
      onSearch={(found) => void navigate({ search: found ? { q: found } : {}, replace: true })}
    />
  );
}

export function TasksPage() {
  const filter = list.useSearch();
  const navigate = list.useNavigate();
  return <TasksView filter={filter} onFilter={(search) => void navigate({ search })} />;
}
