import { describe, expect, it } from 'vitest';

import { parseSearch, stringifySearch } from '../../src/app/search';

describe('what stands behind the ? of an address', () => {
  it.each(['2024', '007', '1e3', 'true', 'null', '"a"', '{"a": 1}', 'a b&c=d+e', 'é'])(
    'keeps %s as it is',
    (text) => {
      const search = stringifySearch({ route: text });
      expect(parseSearch(search)).toEqual({ route: text });
    },
  );

  it('reads what a link says plainly', () => {
    expect(parseSearch('?route=2024&status=error')).toEqual({ route: '2024', status: 'error' });
  });

  it('writes numbers and truths, and leaves out what is not there', () => {
    expect(stringifySearch({ a: 3, refused: true, node: undefined })).toBe('?a=3&refused=true');
    expect(stringifySearch({ node: undefined })).toBe('');
  });
});
