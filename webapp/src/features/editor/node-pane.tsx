/** The fields of the selected node. */

import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { ProblemError } from '../../api/http';
import { Inspector } from '../../components/inspector/inspector';
import type { PlacedFault } from '../../model/checks';
import type { Definition, NodeKey } from '../../model/definition';
import { find } from '../../model/edit';
import { type AllUnfinished, type Unfinished, withUnfinished } from '../../model/unfinished';
import type { Service } from '../../model/wire';

/** How long a node must be selected until its fields are shown, in milliseconds. */
const STAY = 120;

export interface NodePaneProps {
  definition: Definition;
  selection: readonly NodeKey[];
  faults: PlacedFault[];
  services: Service[];
  onChange: (definition: Definition, selected?: NodeKey) => void;
  onHover: (id: string | null) => void;
  unfinished: AllUnfinished;
  onUnfinished: (unfinished: AllUnfinished) => void;
}

const NONE: readonly Unfinished[] = [];

export function NodePane(props: NodePaneProps) {
  const { definition, selection, faults, services, onChange, onHover, unfinished, onUnfinished } = props;
  const { t } = useTranslation();
  const told = useMemo<ProblemError[]>(
    () => faults.map(({ pointer, detail }) => ({ pointer, detail })),
    [faults],
  );
  // Its fields are many: while somebody goes through the graph they wait until that person stays.
  const [settled] = useDebouncedValue(selection, STAY);
  const nodes = selection.filter((key) => find(definition, key));
  const only = nodes.length === 1 ? nodes[0] : undefined;
  if (only === undefined) {
    return (
      <Text size="sm" c="dimmed" p="xs">
        {nodes.length ? t('editor.selected', { count: nodes.length }) : t('editor.nothingSelected')}
      </Text>
    );
  }
  if (settled.length !== 1 || settled[0] !== only) return null;
  return (
    <div>
      <Inspector
        key={only}
        definition={definition}
        nodeKey={only}
        onChange={onChange}
        faults={told}
        services={services}
        onHover={onHover}
        unfinished={unfinished.get(only) ?? NONE}
        onUnfinished={(place, text) => {
          onUnfinished(withUnfinished(unfinished, only, place, text));
        }}
      />
    </div>
  );
}
