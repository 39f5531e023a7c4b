import { describe, expect, it } from 'vitest';

import { type Live, UNKNOWN, countsOf, sumOf, withEvent, withStatus } from '../../src/model/live';
import type { Status, TaskEvent } from '../../src/model/wire';

const event = (fields: Partial<TaskEvent>): TaskEvent => ({
  kind: 'node',
  id: '1-1',
  task: 't',
  route: 'r',
  at: '',
  node: 'a',
  state: 'running',
  ...fields,
});
const after = (...events: Partial<TaskEvent>[]): Live =>
  events.reduce((live, fields) => withEvent(live, event(fields), 't'), UNKNOWN);
const status: Status = {
  status: 'running',
  jobId: 't',
  route: 'r',
  version: 1,
  created: '',
  ended: null,
  progress: { done: 0, total: 2 },
  nodes: {
    a: { state: 'running', waiting: 'for b' },
    each: { state: 'running', items: { total: 9, done: 2 } },
  },
};

describe('the states of a task', () => {
  it('follow its events', () => {
    const live = after({}, { state: 'finished' }, { node: 'b', state: 'error', detail: 'no' });
    expect(live.nodes.get('a')).toMatchObject({ state: 'finished', detail: '' });
    expect(live.nodes.get('b')).toMatchObject({ state: 'error', detail: 'no' });
  });

  it('end with it, and begin again', () => {
    const failed = after({ kind: 'task', node: null, state: 'error', detail: 'node b: no' });
    expect(failed).toMatchObject({ status: 'error', message: 'node b: no' });
    expect(withEvent(failed, event({ kind: 'task', node: null, state: 'running' }), 't')).toMatchObject({
      status: 'running',
      message: '',
    });
  });

  it('leave other tasks alone', () => {
    expect(after({ task: 'other' }, { task: 'other', kind: 'task', state: 'finished' })).toBe(UNKNOWN);
    expect(after({ node: null })).toBe(UNKNOWN);
  });

  it('are those of all instances of a body', () => {
    const body = { of: 'x', item: 0 };
    const live = after({ ...body, node: 'x0', state: 'finished' }, { ...body, item: 1, node: 'x1' });
    expect(live.nodes.get('x')?.state).toBe('running');
    expect(live.nodes.get('x')?.instances.size).toBe(2);
    expect(withEvent(live, event({ ...body, node: 'x1', state: 'error' }), 't').nodes.get('x')?.state).toBe(
      'error',
    );
  });

  it('count the items of a loop, and begin anew when the loop does', () => {
    const item = { kind: 'item', node: 'each', of: 'each' } as const;
    const live = after({ ...item, item: 0, state: 'finished' }, { ...item, item: 1 });
    expect(countsOf(live.nodes.get('each')?.items.values() ?? [])).toEqual({ finished: 1, running: 1 });
    const ended = withEvent(live, event({ node: 'each', state: 'finished' }), 't');
    expect(ended.nodes.get('each')?.items.size).toBe(2);
    expect(withEvent(ended, event({ node: 'each' }), 't').nodes.get('each')?.items.size).toBe(0);
  });

  it('take over what the status says and keep what only events told', () => {
    const live = after({ node: 'x0', of: 'x', item: 0 });
    const both = withStatus(live, status);
    expect(both.nodes.get('a')).toMatchObject({ state: 'running', detail: 'for b' });
    expect(both.nodes.get('each')?.total).toBe(9);
    expect(both.nodes.get('x')?.instances.size).toBe(1);
  });
});

it.each([
  [[], 'pending'],
  [['finished', 'running'], 'running'],
  [['finished', 'error', 'running'], 'error'],
  [['skipped', 'finished'], 'finished'],
] as const)('the sum of %j is %s', (states, sum) => {
  expect(sumOf(states)).toBe(sum);
});
