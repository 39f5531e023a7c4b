/** Places of nodes, kept in the browser by route. */

import { type Arrangement, readArrangement } from '../../model/positions';

const PLACES = 'places/';

/** The places chosen for a pipeline; null where none are, or the browser keeps nothing. */
export function keptArrangement(route: string | null): Arrangement | null {
  if (route === null) return null;
  try {
    return readArrangement(localStorage.getItem(PLACES + route));
  } catch {
    return null;
  }
}

/** Keep places. In a browser that keeps nothing the graph is laid out anew the next time. */
export function keepArrangement(route: string | null, arrangement: Arrangement | null): void {
  if (route === null) return;
  try {
    if (arrangement) localStorage.setItem(PLACES + route, JSON.stringify(arrangement));
    else localStorage.removeItem(PLACES + route);
  } catch {
    console.warn('the places of nodes could not be kept');
  }
}
