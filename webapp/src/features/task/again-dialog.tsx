/** Run a task again from one of its nodes, with another input or another definition on wish. */

import { Button, Group, Modal, NativeSelect, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { service } from '../../api/queries';
import { runAgain } from '../../api/rawtask';
import { ErrorView } from '../../components/error-view';
import type { Definition, JsonObject } from '../../model/definition';
import { type Known, isBinary } from '../../model/rawtask';
import { againFrom, changedFields, startFor } from '../../model/rawtask-again';
import { AgainPlan } from './again-plan';

export interface AgainDialogProps {
  task: Known;
  /** The version of the task's definition; 0 where it is its own. */
  version: number;
  nodeId: string;
  /** What is being written in the editor. */
  draft?: Definition | undefined;
  onStarted: (taskId: string) => void;
  onClose: () => void;
}

type Choice = 'same' | 'newest' | 'draft';

/** The fields of what a node was given, as JSON texts; those with files, whole, are left out. */
function fieldsOf(task: Known, from: string): Record<string, string> {
  const node = task.raw.nodes[from];
  const given = node?.type === 'entry' ? node.out : node?.input;
  const plain = Object.entries(given ?? {}).filter(([, value]) => !isBinary(value));
  return Object.fromEntries(plain.map(([name, value]) => [name, JSON.stringify(value, null, 1)]));
}

function useChoices({ task, version, draft }: AgainDialogProps) {
  const { t } = useTranslation();
  const { data } = useQuery(service(task.raw.route));
  const newest = data?.type === 'pipeline' && data.state.version !== version ? data : null;
  const own = version === 0 ? t('debug.again.ownVersion') : t('debug.again.version', { version });
  const choices: { value: Choice; label: string }[] = [
    { value: 'same', label: t('debug.again.same', { version: own }) },
    ...(newest
      ? [{ value: 'newest' as const, label: t('debug.again.newest', { version: newest.state.version }) }]
      : []),
    ...(draft ? [{ value: 'draft' as const, label: t('debug.again.draft') }] : []),
  ];
  const definitionOf = (choice: Choice): Definition | undefined => {
    if (choice === 'draft') return draft;
    return choice === 'newest' && newest ? { type: 'pipeline', nodes: newest.nodes } : undefined;
  };
  return { choices, definitionOf };
}

interface InputFieldsProps {
  from: string;
  before: Record<string, string>;
  now: Record<string, string>;
  faults: Record<string, string>;
  onChange: (now: Record<string, string>) => void;
}

function InputFields({ from, before, now, faults, onChange }: InputFieldsProps) {
  const { t } = useTranslation();
  const names = Object.keys(before);
  return (
    <Stack gap="xs" component="section" aria-label={t('debug.again.input', { id: from })}>
      <Text fw={600} size="sm">
        {t('debug.again.input', { id: from })}
      </Text>
      <Text size="xs" c="dimmed">
        {t(names.length > 0 ? 'debug.again.inputHint' : 'debug.again.noInput')}
      </Text>
      {names.map((name) => (
        <Textarea
          key={name}
          className="code-edit"
          label={name}
          description={now[name] === before[name] ? undefined : t('debug.again.changed')}
          autosize
          maxRows={10}
          value={now[name] ?? ''}
          error={name in faults && t('debug.again.notJson', { reason: faults[name] ?? '' })}
          onChange={(event) => {
            onChange({ ...now, [name]: event.currentTarget.value });
          }}
        />
      ))}
    </Stack>
  );
}

/** What was chosen, what it means, and how it is begun. */
function useAgain(props: AgainDialogProps) {
  const { task, nodeId, onStarted } = props;
  const from = startFor(task, nodeId);
  const before = useMemo(() => fieldsOf(task, from), [task, from]);
  const [now, setNow] = useState(before);
  const [choice, setChoice] = useState<Choice>('same');
  const { choices, definitionOf } = useChoices(props);
  const definition = definitionOf(choice);
  const plan = againFrom(task, definition ?? task.definition, from);
  const { changed, faults } = changedFields(before, now);
  const run = useMutation({
    mutationFn: () =>
      runAgain(task.raw.id, from, {
        ...(definition ? { definition } : {}),
        ...(Object.keys(changed).length > 0 ? { input: changed as JsonObject } : {}),
      }),
    onSuccess: onStarted,
  });
  const ready = plan.anew.length > 0 && Object.keys(faults).length === 0;
  return {
    choices,
    choice,
    setChoice,
    plan,
    input: { from, before, now, faults, onChange: setNow },
    run,
    ready,
  };
}

export function AgainDialog(props: AgainDialogProps) {
  const { nodeId, onClose } = props;
  const { t } = useTranslation();
  const { choices, choice, setChoice, plan, input, run, ready } = useAgain(props);
  const title = t('debug.again.title', { id: input.from });
  return (
    <Modal opened onClose={onClose} size="lg" title={title} closeOnClickOutside={false}>
      <Stack gap="sm">
        <NativeSelect
          label={t('debug.again.with')}
          data={choices}
          value={choice}
          onChange={(event) => {
            setChoice(event.currentTarget.value as Choice);
          }}
        />
        <AgainPlan nodeId={nodeId} plan={plan} />
        <InputFields {...input} />
        {run.error && <ErrorView error={run.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('debug.again.cancel')}
          </Button>
          <Button
            disabled={!ready}
            loading={run.isPending}
            onClick={() => {
              run.mutate();
            }}
          >
            {t('debug.again.run')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
