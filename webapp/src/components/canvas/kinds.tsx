/** How the kinds of nodes are told apart: by sign, colour and word, so that no one of these is needed alone. */

import type { GraphNode } from '../../model/graph';

const SIGNS: Record<GraphNode['kind'], { sign: string; colour: string }> = {
  entry: { sign: '▶', colour: 'teal' },
  node: { sign: '●', colour: 'gray' },
  service: { sign: '⚙', colour: 'blue' },
  http: { sign: '⇄', colour: 'cyan' },
  branch: { sign: '◆', colour: 'orange' },
  loop: { sign: '↻', colour: 'grape' },
  end: { sign: '■', colour: 'teal' },
  loopEnd: { sign: '↵', colour: 'grape' },
  missing: { sign: '?', colour: 'red' },
  unknown: { sign: '?', colour: 'red' },
};

export function signOf(kind: GraphNode['kind']): string {
  return SIGNS[kind].sign;
}

export function colourOf(kind: GraphNode['kind']): string {
  return `var(--mantine-color-${SIGNS[kind].colour}-6)`;
}

/** One line about what a node does. */
export function summaryOf({ kind, node }: GraphNode): string {
  const text = (field: string): string => (typeof node[field] === 'string' ? node[field] : '');
  switch (kind) {
    case 'service':
      return text('service') || text('url');
    case 'http':
      return `${text('verb') || 'GET'} ${text('url')}`;
    case 'branch':
      return text('if');
    case 'loop':
      return text('items');
    case 'entry': {
      const api = node['api'];
      const route = typeof api === 'object' && api !== null && !Array.isArray(api) ? api['route'] : null;
      return typeof route === 'string' ? `/services/${route}` : '';
    }
    default:
      return '';
  }
}
