import { expect, it } from 'vitest';

import { shownHere } from '../../src/api/pictures';

it('asks for pictures that are shown in a way that leads to no other origin', () => {
  expect(shownHere('http://here/tasks/a/files/b.png')).toBe('http://here/tasks/a/files/b.png?redirect=false');
  expect(shownHere('http://here/b?thumbnail=9')).toBe('http://here/b?thumbnail=9&redirect=false');
});
