/** What was entered as a command, to be copied. */

import { Button, Code, CopyButton, Paper, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { address } from '../../api/http';
import { identity } from '../../api/identity';
import { commandsOf } from '../../model/commands';
import type { Field } from '../../model/form';
import type { Drafts } from './kept';

export function Commands({ route, fields, drafts }: { route: string; fields: Field[]; drafts: Drafts }) {
  const { t } = useTranslation();
  const { data } = useQuery(identity);
  const commands = commandsOf(route, fields, drafts, { url: address('/'), asksForKey: data?.keys === true });
  return (
    <Paper withBorder p="sm" component="section" aria-label={t('run.as')}>
      <Text size="sm" fw={600}>
        {t('run.as')}
      </Text>
      <Tabs defaultValue="curl">
        <Tabs.List>
          {commands.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {commands.map(({ name, text }) => (
          <Tabs.Panel key={name} value={name} pt="xs" className="run-command">
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button
                  size="compact-xs"
                  variant="default"
                  onClick={copy}
                  aria-label={t('run.copy', { name })}
                >
                  {t(copied ? 'pipeline.copied' : 'pipeline.copy')}
                </Button>
              )}
            </CopyButton>
            <Code block className="command" tabIndex={0} aria-label={name}>
              {text}
            </Code>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Paper>
  );
}
