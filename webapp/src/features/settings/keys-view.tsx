/** All keys, for those who may make and revoke them. */

import { Badge, Button, ScrollArea, Stack, Table, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Key, keys, revokeKey } from '../../api/identity';
import { ErrorView } from '../../components/error-view';
import { NewKey } from './new-key';

const COLOURS = { good: 'green.9', expired: 'orange.9', revoked: 'red.9' } as const;

/** Asked twice: what works with the key stops at once. */
function Revoke({ found }: { found: Key }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const revoking = useMutation({
    mutationFn: () => revokeKey(found.id),
    onSettled: () => client.invalidateQueries({ queryKey: keys.queryKey }),
  });
  if (found.state !== 'good') return null;
  const { name } = found;
  return (
    <>
      <Button
        size="compact-xs"
        variant={asked ? 'filled' : 'default'}
        {...(asked ? { color: 'red.9' } : {})}
        loading={revoking.isPending}
        aria-label={t(asked ? 'keys.sureOf' : 'keys.revokeOf', { name })}
        onClick={() => {
          if (asked) revoking.mutate();
          setAsked(!asked);
        }}
        onBlur={() => {
          setAsked(false);
        }}
      >
        {t(asked ? 'keys.sure' : 'keys.revoke')}
      </Button>
      {revoking.error && <ErrorView error={revoking.error} />}
    </>
  );
}

function Row({ found }: { found: Key }) {
  const { t, i18n } = useTranslation();
  const day = (moment: string | null): string =>
    moment === null ? t('keys.never') : new Date(moment).toLocaleDateString(i18n.language);
  return (
    <Table.Tr>
      <Table.Th scope="row">
        {found.name}
        <br />
        <code>{found.id}</code>
      </Table.Th>
      <Table.Td>{found.owner}</Table.Td>
      <Table.Td>{found.scopes.join(', ')}</Table.Td>
      <Table.Td>
        <Badge color={COLOURS[found.state]}>{t(`keys.${found.state}`)}</Badge>
      </Table.Td>
      <Table.Td>{day(found.created)}</Table.Td>
      <Table.Td>{day(found.expires)}</Table.Td>
      <Table.Td>
        <Revoke found={found} />
      </Table.Td>
    </Table.Tr>
  );
}

export function KeysView() {
  const { t } = useTranslation();
  const { data, error } = useQuery(keys);
  const heads = ['name', 'owner', 'scopes', 'state', 'created', 'expires', 'revoke'] as const;
  return (
    <Stack component="section" aria-label={t('keys.title')} gap="sm">
      <Title order={2} size="h4">
        {t('keys.title')}
      </Title>
      {error && <ErrorView error={error} />}
      {data && data.length > 0 && (
        <ScrollArea viewportProps={{ tabIndex: 0 }}>
          <Table aria-label={t('keys.title')} striped>
            <Table.Thead>
              <Table.Tr>
                {heads.map((name) => (
                  <Table.Th key={name}>{t(`keys.${name}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.toReversed().map((found) => (
                <Row key={found.id} found={found} />
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      <NewKey />
    </Stack>
  );
}
