/** Thumbnails on the edges of a task's drawing: the pictures that flow along them. */

import { type ReactNode, useCallback, useMemo } from 'react';

import { binaryAddress, shownHere } from '../../api/pictures';
import { type Small, Thumbnails } from '../../components/pictures/thumbnails';
import type { Graph, GraphEdge } from '../../model/graph';
import type { Live } from '../../model/live';
import { type Picture, givenBy, isShown } from '../../model/pictures';
import { useTaskRaw } from './pictures-raw';

const PIXELS = 128;
/** The most that the engine makes small pictures of: what a browser cannot show is looked at as one of those. */
const LARGE = 512;

export function smallOf(taskId: string, picture: Picture): Small {
  return {
    key: picture.binary,
    name: `${picture.node}.${picture.path}`,
    src: isShown(picture.type)
      ? shownHere(binaryAddress(taskId, picture.binary))
      : binaryAddress(taskId, picture.binary, LARGE),
    small: binaryAddress(taskId, picture.binary, PIXELS),
  };
}

/**
 * What is drawn on an edge: the pictures that its source has given. The function stays the same as long as these do.
 * `graph`: that of the task's definition, where it is at hand; without it, that of the version that the task runs.
 */
export function useEdgeThumbnails(
  taskId: string,
  live: Live,
  graph?: Graph | null,
): (edge: GraphEdge) => ReactNode {
  const { raw, graph: drawn } = useTaskRaw(taskId, live, graph);
  const bySource = useMemo(() => {
    const found = new Map<string, Small[]>();
    if (!raw) return found;
    for (const node of drawn?.nodes ?? []) {
      const pictures = givenBy(raw, node.id).map((picture) => smallOf(taskId, picture));
      if (pictures.length > 0) found.set(node.key, pictures);
    }
    return found;
  }, [raw, drawn, taskId]);
  return useCallback(
    ({ source }: GraphEdge) => {
      const pictures = bySource.get(source);
      return pictures ? <Thumbnails pictures={pictures} /> : null;
    },
    [bySource],
  );
}
