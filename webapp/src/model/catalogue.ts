/** What the catalogue lists: every route, with what uses what. */

import { isObject, placed, servicesOf, typeOf } from './definition';
import type { Instance, Service } from './wire';

export interface Entry {
  route: string;
  kind: 'pipeline' | 'service';
  summary: string;
  description: string;
  alive: boolean;
  away: string[];
  broken: boolean;
  instances: Instance[];
  uses: string[];
  usedBy: string[];
}

export function entriesOf(services: Service[]): Entry[] {
  const uses = new Map(services.map((each) => [each.state.route, usedServices(each)]));
  return services.map((each) => {
    const { route, away, instances = [], broken = [] } = each.state;
    const users = [...uses].filter(([, names]) => names.includes(route)).map(([name]) => name);
    return {
      route,
      kind: each.type,
      ...wordsOf(each),
      alive: each.type === 'pipeline' || instances.some((instance) => instance.alive),
      away,
      broken: broken.length > 0,
      instances,
      uses: uses.get(route) ?? [],
      usedBy: users,
    };
  });
}

/** What a pipeline calls; an announced operation calls itself, which is no news. */
function usedServices(service: Service): string[] {
  return service.type === 'pipeline' ? servicesOf({ type: 'pipeline', nodes: service.nodes }) : [];
}

function wordsOf({ api, nodes }: Service): { summary: string; description: string } {
  if (api) return { summary: api.summary ?? '', description: api.description ?? '' };
  const entry = placed({ type: 'pipeline', nodes }).find(({ node }) => typeOf(node) === 'entry');
  const held = entry?.node['api'];
  const text = (field: string): string => {
    const value = isObject(held) ? held[field] : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { summary: text('summary'), description: text('description') };
}

/** The entries in which every word of the search is found. */
export function matching(entries: Entry[], search: string): Entry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = `${entry.route} ${entry.summary} ${entry.description} ${entry.uses.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
