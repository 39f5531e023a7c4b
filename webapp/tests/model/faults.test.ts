import { describe, expect, it } from 'vitest';

import { faultOfMessage, faultsAt, faultsByNode, faultsOf, pointerOf, stepsOf } from '../../src/model/faults';
import { NESTED, pipeline } from './pipelines';

const one = (pointer: string | undefined, detail: string, line?: number) =>
  faultsOf(NESTED, [
    { detail, ...(pointer === undefined ? {} : { pointer }), ...(line === undefined ? {} : { line }) },
  ])[0];

describe('a fault', () => {
  it('belongs to the innermost node that its pointer leads into', () => {
    expect(one('/nodes/1/nodes/1/nodes/1/nodes/0/service', 'x')).toMatchObject({
      key: '/nodes/1/nodes/1/nodes/1/nodes/0',
      field: 'service',
      place: ['service'],
      pointer: '/service',
      line: null,
    });
  });

  it('tells its line, in the sentence or beside it', () => {
    expect(one('/nodes/2/if', 'line 3, column 4: `x` is neither a node nor a builtin')?.line).toBe(3);
    expect(one('/nodes/2/if', 'wrong', 2)?.line).toBe(2);
    expect(one('/nodes/2/if', 'the outline 3: is none')?.line).toBeNull();
  });

  it('keeps names with slashes and dots whole', () => {
    expect(one('/nodes/6/input/a~1b.jpg', 'x')?.place).toEqual(['input', 'a/b.jpg']);
    expect(pointerOf(['a/b', 0, '~'])).toBe('/a~1b/0/~0');
    expect(stepsOf('/a~1b/0/~0')).toEqual(['a/b', '0', '~']);
  });

  it.each([undefined, '', '/nodes', '/type', '/nodes/77/id'])('at %s is one of the pipeline', (pointer) => {
    expect(one(pointer, 'x')?.key).toBeNull();
  });

  it('of the nodes of a node that is no loop belongs to that node', () => {
    const [fault] = faultsOf(pipeline({ id: 'a', nodes: [{}] }), [
      { pointer: '/nodes/0/nodes/0/id', detail: 'x' },
    ]);
    expect(fault).toMatchObject({ key: '/nodes/0', field: 'nodes' });
  });

  it('is found at its place and around it', () => {
    const faults = faultsOf(NESTED, [
      { pointer: '/nodes/2/then/out/x', detail: 'a' },
      { pointer: '/nodes/2', detail: 'b' },
    ]);
    expect(faultsAt(faults, 'then').map(({ message }) => message)).toEqual(['a']);
    expect(faultsAt(faults, 'then', 'out', 'y')).toEqual([]);
    expect(faultsByNode(NESTED, [{ pointer: '/nodes/2', detail: 'b' }, { detail: 'c' }]).size).toBe(2);
  });
});

describe('the message of a task that failed', () => {
  it.each([
    ["node check: `after`, line 2: KeyError: 'm'", '/nodes/2', 'after', 2, "`after`, line 2: KeyError: 'm'"],
    ['node outer: item 7,000: node load7000: GET failed', '/nodes/1/nodes/0', '', null, 'GET failed'],
    ['node slow: input `x`: `b.out` finds nothing', '/nodes/4', '', null, 'input `x`: `b.out` finds nothing'],
    ['node outer: `items` must lead to a list', '/nodes/1', '', null, '`items` must lead to a list'],
    ['node quick: pipeline hello: node greet: x', '/nodes/3', '', null, 'pipeline hello: node greet: x'],
  ])('%s', (message, key, field, line, text) => {
    expect(faultOfMessage(NESTED, message)).toMatchObject({ key, field, line, message: text });
  });

  it.each(['cancelled', 'node nobody: x', ''])('%j names no node', (message) => {
    expect(faultOfMessage(NESTED, message)).toBeNull();
  });
});
