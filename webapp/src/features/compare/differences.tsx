/** The places where two values differ, one line each, with the value of both sides. */

import { Button, ScrollArea, Table } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { ValueTree } from '../../components/values/value-tree';
import type { Difference } from '../../model/compare';
import type { Json } from '../../model/definition';

interface DifferencesProps {
  differences: Difference[];
  /** The ids of the two tasks. */
  tasks: [string, string];
}

const MOST = 50;

export function Differences({ differences, tasks: [a, b] }: DifferencesProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(MOST);
  const side = (taskId: string, value: Json | undefined) =>
    value === undefined ? t('compare.absent') : <ValueTree taskId={taskId} value={value} name="value" />;
  return (
    <ScrollArea>
      <Table fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="20%">{t('compare.path')}</Table.Th>
            <Table.Th w="40%">{t('compare.first')}</Table.Th>
            <Table.Th w="40%">{t('compare.second')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {differences.slice(0, shown).map((each) => (
            <Table.Tr key={each.path} className="differs">
              <Table.Th scope="row">
                <span aria-hidden>≠ </span>
                {each.path}
              </Table.Th>
              <Table.Td className="compare-value">{side(a, each.a)}</Table.Td>
              <Table.Td className="compare-value">{side(b, each.b)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {differences.length > shown && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            setShown(shown + MOST);
          }}
        >
          {t('compare.more', { count: Math.min(MOST, differences.length - shown) })}
        </Button>
      )}
    </ScrollArea>
  );
}
