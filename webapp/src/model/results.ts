/** The files of a result: where in it they are, and where they can be fetched. */

import { type Json, isObject } from './definition';

export interface ResultFile {
  path: string;
  url: string;
}

/** Every URL in the result that leads to a file of this task. */
export function filesOf(result: Json, taskId: string): ResultFile[] {
  const mark = `/tasks/${taskId}/files/`;
  const found: ResultFile[] = [];
  const visit = (value: Json, path: string): void => {
    if (typeof value === 'string') {
      if (value.includes(mark)) found.push({ path, url: value });
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(item, path ? `${path}.${index}` : String(index));
      });
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) visit(item, path ? `${path}.${key}` : key);
    }
  };
  visit(result, '');
  return found;
}
