/** Why a node failed: its words, and where they are about code, the code with the line. */

import { Alert, Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { useDenied } from '../../api/use-key';
import type { JsonObject } from '../../model/definition';
import type { RawNode } from '../../model/rawtask';
import { type CodeFault, codeFault, taskOfFault } from '../../model/rawtask-fault';
import { CodeLines } from './code-lines';

interface NodeErrorProps {
  node: JsonObject;
  instance: RawNode;
  /** Null where the code cannot be mended here. */
  onFix: ((fault: CodeFault) => void) | null;
}

export function NodeError({ node, instance, onFix }: NodeErrorProps) {
  const { t } = useTranslation();
  const error = instance.error ?? '';
  const fault = codeFault(node, instance);
  const sub = taskOfFault(error);
  const denied = useDenied('author');
  return (
    <Alert color="red" title={t('debug.node.error')} p="xs">
      <Text size="sm" className="wrapped">
        {error}
      </Text>
      {fault && (
        <>
          <CodeLines field={fault.field} code={fault.code} line={fault.line} />
          {onFix && (
            <Button
              mt="xs"
              size="xs"
              disabled={denied !== null}
              onClick={() => {
                onFix(fault);
              }}
            >
              {t('debug.fix.open')}
            </Button>
          )}
          {onFix && denied !== null && <Text size="xs">{denied}</Text>}
        </>
      )}
      {sub && (
        <Link to="/tasks/$id" params={{ id: sub }}>
          {t('debug.node.subTask')}
        </Link>
      )}
    </Alert>
  );
}
