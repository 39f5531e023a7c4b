/** The form of a submission, and the same as a command. */

import { Alert, Button, Code, Group, Stack, Tabs, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { address } from '../../api/http';
import { submit } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { commandsOf } from '../../model/commands';
import type { Json } from '../../model/definition';
import { type Entered, type Fault, bodyOf, fieldsOf, initial } from '../../model/form';
import { FieldInput } from './field-input';

export interface RunFormProps {
  route: string;
  body: Json;
  onStarted: (taskId: string) => void;
}

/** What was entered, what is wrong with it, and how it is sent. */
function useSubmission({ route, body, onStarted }: RunFormProps) {
  const fields = useMemo(() => fieldsOf(body), [body]);
  const [entered, setEntered] = useState<Record<string, Entered>>({});
  const [faults, setFaults] = useState<Fault[]>([]);
  const sent = useMutation({
    mutationFn: (made: Parameters<typeof submit>[1]) => submit(route, made),
    onSuccess: onStarted,
  });
  const values = Object.fromEntries(
    fields.map((field) => [field.name, entered[field.name] ?? initial(field)]),
  );
  const set = (name: string, value: Entered): void => {
    setEntered((before) => ({ ...before, [name]: value }));
    setFaults((before) => before.filter((each) => each.field !== name));
  };
  const send = (): void => {
    const made = bodyOf(fields, values);
    setFaults(Array.isArray(made) ? made : []);
    if (!Array.isArray(made)) sent.mutate(made);
  };
  return { fields, values, faults, sent, set, send };
}

export function RunForm(props: RunFormProps) {
  const { t } = useTranslation();
  const { fields, values, faults, sent, set, send } = useSubmission(props);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Stack gap="sm">
        <Title order={2} size="h4">
          {t('run.title')}
        </Title>
        {fields.length === 0 && <Text size="sm">{t('run.nothing')}</Text>}
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={values[field.name] ?? null}
            fault={faults.find((each) => each.field === field.name)?.reason}
            onChange={(value) => {
              set(field.name, value);
            }}
          />
        ))}
        <Group>
          <Button type="submit" loading={sent.isPending}>
            {t('run.submit')}
          </Button>
        </Group>
        {sent.error && <ErrorView error={sent.error} />}
        <Commands route={props.route} body={props.body} values={values} />
      </Stack>
    </form>
  );
}

function Commands({ route, body, values }: { route: string; body: Json; values: Record<string, Entered> }) {
  const { t } = useTranslation();
  const files = Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value instanceof File ? [[name, value.name]] : [])),
  );
  const commands = commandsOf(route, body, address('/'), files);
  return (
    <Alert color="gray" variant="light" title={t('run.as')}>
      <Tabs defaultValue="curl">
        <Tabs.List>
          {commands.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {commands.map(({ name, text }) => (
          <Tabs.Panel key={name} value={name} pt="xs">
            <Code block className="command" tabIndex={0}>
              {text}
            </Code>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Alert>
  );
}
