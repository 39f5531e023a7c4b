import { describe, expect, it } from 'vitest';

import { graphOf } from '../../src/model/graph';
import { type Live, UNKNOWN } from '../../src/model/live';
import {
  type RawTask,
  countOf,
  detectionsOf,
  firstDetection,
  firstPair,
  givenBy,
  idsByKey,
  isShown,
  picturesIn,
  picturesOf,
} from '../../src/model/pictures';
import describeFaces from './raw/describe-faces.json';
import faceBlur from './raw/face-blur.json';
import faceThumbnail from './raw/face-thumbnail.json';
import imageBlur from './raw/image-blur.json';
import marks from './raw/marks.json';

const task = (raw: unknown): RawTask => raw as RawTask;
const short = (pictures: { node: string; path: string }[]) =>
  pictures.map(({ node, path }) => `${node} ${path}`);

describe('the pictures of a task', () => {
  it('are told once each, by the node that gave them first', () => {
    expect(short(picturesOf(task(faceBlur)))).toEqual(['entry image', 'blur result']);
    expect(short(picturesOf(task(faceThumbnail)))).toEqual(['entry image', 'faces thumbnail0']);
  });

  it('are those that flow out of a node, of all its instances', () => {
    expect(short(givenBy(task(faceThumbnail), 'crop'))).toEqual(['crop0 result']);
    expect(short(givenBy(task(faceThumbnail), 'detect'))).toEqual([]);
  });

  it('are no other files', () => {
    const out = (type: string) => ({ x: [{ binary: 'b', name: 'n', type, size: 1 }] });
    expect(short(picturesIn(out('image/png'), 'a'))).toEqual(['a x.0']);
    expect(picturesIn(out('text/plain'), 'a')).toEqual([]);
    expect(picturesIn({ binary: 'b' }, 'a')).toEqual([]);
    expect([isShown('image/tiff'), isShown('image/JPEG; q=1'), isShown('')]).toEqual([false, true, false]);
  });

  it('what came in is set beside what went out', () => {
    expect(firstPair(task(faceBlur))).toMatchObject({
      before: { node: 'entry' },
      after: { node: 'end', path: 'blurred.jpg' },
    });
    expect(firstPair(task(describeFaces))?.after.node).toBe('crop0');
    expect(firstPair(task(marks))).toBeNull();
    expect(firstPair({ id: 't', nodes: {} })).toBeNull();
  });
});

describe('what was found', () => {
  const seen = (raw: unknown) =>
    detectionsOf(task(raw)).map(
      (each) => `${each.node}.${each.side} on ${each.picture.node} ${each.picture.path}`,
    );

  it('lies on the picture that the node was given; what it was given itself is told once', () => {
    expect(seen(faceBlur)).toEqual(['detect.out on detect image', 'end.out on end blurred.jpg']);
    expect(seen(imageBlur)).toEqual(['entry.out on entry image']);
    expect(seen(marks)).toEqual([
      'look.out on look image',
      'find.out on find image',
      'detect.out on detect image',
      'end.out on look image',
    ]);
  });

  it('by a node without a picture lies on that in which the same boxes were found', () => {
    expect(seen(describeFaces)).toEqual([
      'detect.out on detect image',
      'crop0.input on crop0 image',
      'look0.out on look0 image',
      'faces.out on look0 image',
      'tell.out on detect image',
      'end.out on detect image',
    ]);
  });

  it('is looked at first where it says what it is', () => {
    expect(firstDetection(detectionsOf(task(marks)))?.node).toBe('look');
    expect(firstDetection(detectionsOf(task(faceBlur)))?.node).toBe('detect');
    expect(firstDetection(detectionsOf(task(describeFaces)))?.node).toBe('tell');
    expect(firstDetection([])).toBeNull();
  });
});

describe('the size of a task', () => {
  const definition = {
    type: 'pipeline' as const,
    nodes: [
      { id: 'entry', type: 'entry', next: ['each'] },
      { id: 'each', type: 'loop', next: ['end'], nodes: [{ id: 'a', next: ['b'] }, { id: 'b', next: ['loopEnd'] }] }, // prettier-ignore
      { id: 'end', type: 'end' },
    ],
  };
  const nothing = { state: 'pending', detail: '', instances: new Map(), items: new Map() } as const;

  it('counts the body for each item', () => {
    const live: Live = { ...UNKNOWN, nodes: new Map([['each', { ...nothing, total: 1_500 }]]) };
    expect(countOf(live, graphOf(definition))).toBe(3 + 2 * 1_500);
    expect(countOf(UNKNOWN, graphOf(definition))).toBe(5);
    expect(countOf(live, null)).toBe(1_500);
    expect(countOf(UNKNOWN, null)).toBe(0);
  });

  it('knows the ids that edges lead from', () => {
    expect([...idsByKey(definition)]).toEqual([
      ['/nodes/0', 'entry'],
      ['/nodes/1', 'each'],
      ['/nodes/1/nodes/0', 'a'],
      ['/nodes/1/nodes/1', 'b'],
      ['/nodes/2', 'end'],
    ]);
  });
});
