/** Under which route a pipeline is saved. */

import { type Definition, isObject, placed, typeOf } from '../../model/definition';
import { setFields } from '../../model/edit';

const ROUTE = /^[A-Za-z0-9._-]{1,200}$/;

/** What is wrong with a route for a new pipeline: a key of the translations; null where nothing is. */
export function routeFault(
  route: string,
  taken: Iterable<string>,
): 'routeMissing' | 'routePattern' | 'routeTaken' | null {
  if (!route) return 'routeMissing';
  if (!ROUTE.test(route)) return 'routePattern';
  return new Set(taken).has(route) ? 'routeTaken' : null;
}

/** The definition with this route in its entry; as it is where it has no entry, which the check tells. */
export function withRoute(definition: Definition, route: string): Definition {
  const entry = placed(definition).find(({ node }) => typeOf(node) === 'entry');
  if (!entry) return definition;
  const api = entry.node['api'];
  return setFields(definition, entry.key, { api: { ...(isObject(api) ? api : {}), route } });
}
