/** Says, while an edge is being drawn, why it cannot lead to where the mouse is. */

import { Panel, useConnection } from '@xyflow/react';
import { useTranslation } from 'react-i18next';

import type { EdgeKind, GraphEdge } from '../../model/graph';
import type { CanvasEditing } from './editing';

export function ConnectionNote({ editing, instead }: { editing: CanvasEditing; instead: GraphEdge | null }) {
  const { t } = useTranslation();
  const words = useConnection((connection) => {
    const { fromNode, fromHandle, toNode, toHandle } = connection;
    if (fromNode === null || toNode === null) return null;
    const forward = fromHandle.type === 'source';
    const [source, target] = forward ? [fromNode.id, toNode.id] : [toNode.id, fromNode.id];
    const kind = (forward ? fromHandle.id : toHandle?.id) ?? 'next';
    return editing.refusal({ source, target, kind: kind as EdgeKind }, instead);
  });
  return words === null ? null : (
    <Panel position="bottom-center" className="refusal">
      {t(`graph.refused.${words}`)}
    </Panel>
  );
}
