import { describe, expect, it } from 'vitest';

import { isInside, labelsOf, marksIn } from '../../src/model/boxes';
import type { Json } from '../../src/model/definition';
import describeFaces from './raw/describe-faces.json';
import faceBlur from './raw/face-blur.json';
import imageBlur from './raw/image-blur.json';
import marks from './raw/marks.json';

const of = (value: unknown) => marksIn(value as Json);
const corners = (value: unknown) =>
  of(value).boxes.map((box) => [box.left, box.top, box.right, box.bottom, box.label, box.score]);

describe('what the services give', () => {
  it('face_detection: lists of corners', () => {
    expect(corners(faceBlur.nodes.detect.out)).toEqual([[173, 73, 276, 176, '', null]]);
    expect(of(faceBlur.nodes.detect.out).boxes[0]?.path).toBe('answer.0');
  });

  it('object_detection: objects with label and score', () => {
    expect(corners(marks.nodes.find.out)).toEqual([
      [173, 73, 276, 176, 'face', 0.9224],
      [1, 12, 367, 512, 'person', 0.8092],
    ]);
  });

  it('face_analyzer: one face, with its landmarks', () => {
    const found = of(marks.nodes.look.out);
    expect(corners(marks.nodes.look.out)).toEqual([[173, 72, 278, 176, 'face', 0.921]]);
    expect(found.points).toHaveLength(1);
    expect(found.points[0]?.path).toBe('face.landmarks');
    expect(found.points[0]?.points[0]).toEqual([224.3, 140.7]);
  });

  it('image_processing: the areas that it was given, and no box in its answer', () => {
    expect(corners(imageBlur.nodes.service.input)).toEqual([[178, 83, 273, 178, '', null]]);
    expect(corners(imageBlur.nodes.service.out)).toEqual([]);
  });

  it('pipelines: boxes under a name of their own, and with a sentence', () => {
    expect(corners(faceBlur.nodes.end.out)).toEqual([[173, 73, 276, 176, '', null]]);
    expect(corners(describeFaces.nodes.tell.out)).toEqual([
      [173, 73, 276, 176, 'A person (age, gender and expression not known).', null],
    ]);
  });
});

describe('numbers that are no boxes', () => {
  it.each<[string, Json]>([
    ['a matrix', { matrix: [[1, 0, 0, 0], [0, 1, 0, 0]] }], // prettier-ignore
    ['a matrix with a row like a box', { m: [[0, 0, 1, 1], [1, 1, 0, 0]] }], // prettier-ignore
    ['three numbers', { answer: [[1, 2, 3]] }],
    ['texts', { answer: [['1', '2', '3', '4']] }],
    ['probabilities', { probabilities: [0.4, 0.3, 0.2, 0.1] }],
    ['nothing', null],
    ['an empty list', { answer: [] }],
  ])('%s', (_, value) => {
    expect(marksIn(value)).toEqual({ boxes: [], points: [] });
  });

  it('points are so only under their name, and only in pairs', () => {
    expect(of({ line: [[1, 2], [3, 4]] }).points).toEqual([]); // prettier-ignore
    expect(of({ landmarks: [[1, 2], [3]] }).points).toEqual([]); // prettier-ignore
  });
});

it('areas may have their corners swapped, and lie outside', () => {
  expect(corners({ areas: [[30, 40, 10, -20]] })).toEqual([[10, -20, 30, 40, '', null]]);
});

it('a score that is none is left out, and labels are told once', () => {
  const found = of({ objects: [{ box: [0, 0, 1, 1], label: 'cat', score: 93 }, { box: [1, 1, 2, 2], label: 'cat' }] }); // prettier-ignore
  expect(found.boxes.map((box) => box.score)).toEqual([null, null]);
  expect(labelsOf(found.boxes)).toEqual(['cat']);
});

it('a box that lies outside of a picture is known', () => {
  const [inside, outside] = of({ boxes: [[-5, -5, 5, 5], [100, 0, 120, 5]] }).boxes; // prettier-ignore
  expect(inside && isInside(inside, { width: 100, height: 50 })).toBe(true);
  expect(outside && isInside(outside, { width: 100, height: 50 })).toBe(false);
});

it('at most a thousand boxes are taken', () => {
  const many = Array.from({ length: 2_000 }, (_, at) => [at, 0, at + 1, 1]);
  expect(of({ answer: many }).boxes).toHaveLength(1_000);
});
