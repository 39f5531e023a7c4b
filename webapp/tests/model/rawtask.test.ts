import { describe, expect, it } from 'vitest';

import { instanceNamed, isBinary, loopsAround, nodeNamed, readRaw, timeOf } from '../../src/model/rawtask';
import { againFrom, changedFields, startFor } from '../../src/model/rawtask-again';
import { codeFault, inputFault, taskOfFault, withCode } from '../../src/model/rawtask-fault';
import { told } from './raw/read';

const broken = told('broken-error');
const each = told('hello-each-error');
const table = told('table-finished');

describe('the document of a task', () => {
  const text = JSON.stringify(each.raw);

  it('is read whole', () => {
    expect(Object.keys(readRaw(text).nodes)).toEqual(Object.keys(each.raw.nodes));
    expect(readRaw(text)).toMatchObject({ whole: true, route: 'hello-each', status: 'error' });
  });

  it('is read as far as its nodes are whole, wherever it is cut', () => {
    const ids = Object.keys(each.raw.nodes);
    const start = text.indexOf('"nodes":{') + 9;
    for (let cut = start; cut < text.length; cut += 37) {
      const read = readRaw(text.slice(0, cut), false);
      const found = Object.keys(read.nodes);
      expect(found).toEqual(ids.slice(0, found.length));
      expect(read.whole).toBe(false);
      expect(read.tasks).toEqual({});
    }
    expect(Object.keys(readRaw(text.slice(0, -3), false).nodes)).toEqual(ids);
  });

  it('has times of microseconds', () => {
    expect(timeOf('1970-01-01T00:00:01.234567Z')).toBeCloseTo(1_234.567, 6);
    expect(timeOf('1970-01-01T00:00:01Z')).toBe(1_000);
    expect(timeOf('1970-01-01T00:00:00.000007Z')).toBeCloseTo(0.007, 6);
  });

  it('knows its nodes by their ids and by those of their instances', () => {
    expect(nodeNamed(each, 'greet3')?.key).toBe('/nodes/1/nodes/1');
    expect(nodeNamed(each, 'greet')?.key).toBe('/nodes/1/nodes/1');
    expect(nodeNamed(each, 'nobody')).toBeNull();
    expect(instanceNamed(each, 'greet1')?.index).toBe(1);
    expect(instanceNamed(each, 'nobody')).toBeNull();
  });

  it('shows of many instances the one that failed', () => {
    expect(instanceNamed(each, 'greet')?.id).toBe('greet2');
    expect(instanceNamed(each, 'name')?.id).toBe('name0');
  });

  it('knows the loops around a node', () => {
    expect(loopsAround(table, 'cell')).toEqual(['rows', 'cells']);
    expect(loopsAround(table, 'rows')).toEqual([]);
  });

  it('tells binaries from other values', () => {
    expect(isBinary({ binary: 'a/b', name: 'x.png', type: 'image/png', size: 3 })).toBe(true);
    expect(isBinary({ binary: 'a/b' })).toBe(false);
    expect(isBinary('a/b')).toBe(false);
  });
});

describe('an error', () => {
  const node = nodeNamed(broken, 'words')?.node ?? {};
  const failed = broken.raw.nodes['words'] ?? { error: null };

  it('in code is known with its field and line', () => {
    expect(codeFault(node, failed)).toMatchObject({
      field: 'after',
      pointer: '/after',
      line: 3,
      message: "KeyError: 'm'",
    });
    expect(codeFault(node, failed)?.code.split('\n')[2]).toBe('node.out.last = input.m');
  });

  it('in a side of a branch, written either way', () => {
    const message = { error: '`then.exec`, line 1: NameError: x', field: 'then.exec', line: 1 };
    expect(codeFault({ then: { exec: 'x' } }, message)).toMatchObject({ pointer: '/then/exec', code: 'x' });
    expect(codeFault({ then: 'x' }, message)).toMatchObject({ pointer: '/then', code: 'x', line: 1 });
    expect(codeFault({ else: 'x' }, message)).toBeNull();
  });

  it('of a whole field has no line', () => {
    const found = codeFault(
      { if: 'True' },
      { error: '`if`: TimeoutError: the code ran longer than 1 s', field: 'if' },
    );
    expect(found).toMatchObject({
      field: 'if',
      line: null,
      message: 'TimeoutError: the code ran longer than 1 s',
    });
  });

  it('in an input, of a sub-pipeline, or elsewhere', () => {
    expect(inputFault('input `x`: `b.out.deep` finds nothing')).toBe('x');
    expect(inputFault(failed.error ?? '')).toBeNull();
    const task = each.raw.nodes['greet2']?.attempts[0]?.task ?? null;
    expect(taskOfFault(each.raw.nodes['greet2']?.error ?? '')).toBe(task);
    expect(task).not.toBeNull();
    expect(taskOfFault(failed.error ?? '')).toBeNull();
    // What a service says may look like an error in code.
    expect(codeFault(node, { error: '`after`, line 3: KeyError' })).toBeNull();
  });

  it('is mended where it stands', () => {
    expect(withCode({ id: 'a', after: 'x' }, '/after', 'y')).toEqual({ id: 'a', after: 'y' });
    expect(withCode({ then: { exec: 'x', next: ['b'] } }, '/then/exec', 'y')).toEqual({
      then: { exec: 'y', next: ['b'] },
    });
    expect(withCode({ then: 'x' }, '/then', 'y')).toEqual({ then: 'y' });
  });
});

describe('running again', () => {
  it('keeps what came before and runs the rest anew', () => {
    expect(againFrom(broken, broken.definition, 'words')).toEqual({
      from: 'words',
      reused: ['entry', 'double'],
      anew: ['words', 'sum', 'end'],
      missing: [],
    });
  });

  it('tells what it would wait for in vain', () => {
    expect(againFrom(broken, broken.definition, 'end')).toMatchObject({ missing: ['words', 'sum'] });
    expect(againFrom(broken, broken.definition, 'entry')).toMatchObject({ reused: [], missing: [] });
  });

  it('goes round by ways back only forward', () => {
    const collatz = told('collatz-finished');
    expect(againFrom(collatz, collatz.definition, 'more')).toMatchObject({
      reused: ['entry', 'start', 'turn'],
      anew: ['more', 'end'],
    });
  });

  it('of a body begins at the outermost loop', () => {
    expect(startFor(table, 'cell')).toBe('rows');
    expect(startFor(table, 'end')).toBe('end');
  });

  it('takes the fields that were changed', () => {
    const before = { a: '1', b: '"x"' };
    expect(changedFields(before, { a: '2', b: '"x"' })).toEqual({ changed: { a: 2 }, faults: {} });
    const { changed, faults } = changedFields(before, { a: '{', b: '"y"' });
    expect(changed).toEqual({ b: 'y' });
    expect(Object.keys(faults)).toEqual(['a']);
  });
});
