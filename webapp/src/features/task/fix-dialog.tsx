/** Mend the code of a node that failed, and run the task again from there with it. */

import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { check } from '../../api/queries';
import { bare, runAgain } from '../../api/rawtask';
import { ErrorView } from '../../components/error-view';
import type { Definition } from '../../model/definition';
import { setFields } from '../../model/edit';
import type { Known } from '../../model/rawtask';
import { againFrom, startFor } from '../../model/rawtask-again';
import { type CodeFault, withCode } from '../../model/rawtask-fault';
import { AgainPlan } from './again-plan';

export interface FixDialogProps {
  task: Known;
  nodeId: string;
  fault: CodeFault;
  onStarted: (taskId: string) => void;
  onClose: () => void;
}

/** The definition with other code in the place of the fault. */
function mended(task: Known, nodeId: string, pointer: string, code: string): Definition {
  const placed = task.nodes.get(nodeId);
  if (!placed) return task.definition;
  return setFields(task.definition, placed.key, withCode(placed.node, pointer, code));
}

/** Where in a text a line begins and ends. */
function rangeOf(code: string, line: number): [number, number] {
  const lines = code.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return [start, start + (lines[line - 1]?.length ?? 0)];
}

function useFix({ task, nodeId, fault, onStarted }: FixDialogProps, code: string) {
  const from = startFor(task, nodeId);
  const definition = useMemo(
    () => mended(task, nodeId, fault.pointer, code),
    [task, nodeId, fault.pointer, code],
  );
  const checked = useMutation({ mutationFn: () => check(bare(definition)) });
  const run = useMutation({
    mutationFn: async () => {
      await check(bare(definition));
      return runAgain(task.raw.id, from, { definition });
    },
    onSuccess: onStarted,
  });
  return { from, definition, checked, run };
}

function FixButtons({ from, checked, run, onClose }: ReturnType<typeof useFix> & { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t('debug.again.cancel')}
      </Button>
      <Button
        variant="default"
        loading={checked.isPending}
        onClick={() => {
          run.reset();
          checked.mutate();
        }}
      >
        {t('debug.fix.check')}
      </Button>
      <Button
        loading={run.isPending}
        onClick={() => {
          checked.reset();
          run.mutate();
        }}
      >
        {t('debug.fix.run', { id: from })}
      </Button>
    </Group>
  );
}

export function FixDialog(props: FixDialogProps) {
  const { task, nodeId, fault, onClose } = props;
  const { t } = useTranslation();
  const [code, setCode] = useState(fault.code);
  const fix = useFix(props, code);
  const { from, definition, checked, run } = fix;
  const seen = useRef(false);
  const where = fault.line === null ? '' : `${t('debug.fix.position', { line: fault.line })}: `;
  const title = t('debug.fix.title', { field: fault.field, id: nodeId });
  return (
    <Modal opened onClose={onClose} size="xl" title={title} closeOnClickOutside={false}>
      <Stack gap="sm">
        <Text size="sm" c="red">
          {where}
          {fault.message}
        </Text>
        <Textarea
          data-autofocus
          className="code-edit"
          label={t('debug.fix.code', { field: fault.field })}
          autosize
          minRows={4}
          maxRows={18}
          spellCheck={false}
          value={code}
          onFocus={(event) => {
            if (!seen.current && fault.line !== null) {
              event.currentTarget.setSelectionRange(...rangeOf(fault.code, fault.line));
            }
            seen.current = true;
          }}
          onChange={(event) => {
            setCode(event.currentTarget.value);
            checked.reset();
            run.reset();
          }}
        />
        <Text size="xs" c="dimmed">
          {t('debug.fix.hint', { id: from })}
        </Text>
        <AgainPlan nodeId={nodeId} plan={againFrom(task, definition, from)} />
        <div role="status">{checked.isSuccess && <Alert color="green">{t('debug.fix.good')}</Alert>}</div>
        {(checked.error ?? run.error) && <ErrorView error={checked.error ?? run.error} />}
        <FixButtons {...fix} onClose={onClose} />
      </Stack>
    </Modal>
  );
}
