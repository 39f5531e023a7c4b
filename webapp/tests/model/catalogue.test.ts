import { describe, expect, it } from 'vitest';

import { entriesOf, matching } from '../../src/model/catalogue';
import type { Service } from '../../src/model/wire';
import { SHIPPED } from './pipelines';

const instance = {
  url: 'http://x',
  alive: true,
  calls: 0,
  breaker: 'closed',
  failures: 0,
  retry_in: null,
} as const;
const pipelines = SHIPPED.map(([name, { nodes }]): Service => ({
  type: 'pipeline',
  nodes,
  state: { route: name.replace('.json', ''), version: 1, away: [] },
}));
const operation: Service = {
  type: 'service',
  nodes: [],
  state: { route: 'face-detect', version: 1, away: [], instances: [{ ...instance, alive: false }, instance] },
  api: { summary: 'Find faces', description: 'In pictures', body: ['image'] },
};
const entries = entriesOf([...pipelines, operation]);
const entry = (route: string) => entries.find((each) => each.route === route);

describe('the catalogue', () => {
  it('tells what uses what', () => {
    expect(entry('face-blur')?.uses).toEqual(['face-detect', 'image-blur']);
    expect(entry('face-detect')?.usedBy).toContain('face-blur');
    expect(entry('face-detect')?.uses).toEqual([]);
  });

  it('shows what a pipeline and a service say of themselves', () => {
    expect(entry('face-blur')?.summary).toBe('Blur the faces of a picture');
    expect(entry('face-detect')).toMatchObject({ summary: 'Find faces', kind: 'service', alive: true });
  });

  it('knows a service of which nothing is alive', () => {
    const [gone] = entriesOf([{ ...operation, state: { ...operation.state, instances: [] } }]);
    expect(gone?.alive).toBe(false);
  });

  it('is searched by every word, in names, texts and what is used', () => {
    const routes = (search: string): string[] => matching(entries, search).map((each) => each.route);
    expect(routes('FACE blur pict')).toContain('face-blur');
    expect(routes('image-greyscale')).toEqual(['blur-and-analyze']);
    expect(routes('face nonsense')).toEqual([]);
    expect(routes('  ')).toHaveLength(entries.length);
  });
});
