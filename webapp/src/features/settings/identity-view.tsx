/** Who this page is to the engine, and the way out. */

import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { type Identity, identity, signOut } from '../../api/identity';
import { ErrorView } from '../../components/error-view';

function Facts({ found }: { found: Identity }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">
        {t('keys.owner')}: <b>{found.owner}</b> · {t('keys.key')}: <code>{found.key}</code>
      </Text>
      <Group gap={6} role="list" aria-label={t('keys.scopes')}>
        {found.scopes.map((scope) => (
          <Badge key={scope} role="listitem" variant="default" tt="none" title={t(`keys.scope.${scope}`)}>
            {scope}
          </Badge>
        ))}
      </Group>
    </>
  );
}

export function IdentityView() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(identity);
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: () => void client.resetQueries(),
  });
  return (
    <Stack gap="xs" component="section" aria-label={t('keys.who')}>
      <Title order={2} size="h5">
        {t('keys.who')}
      </Title>
      {!data && <Text size="sm">{t('keys.nobody')}</Text>}
      {data && !data.keys && <Text size="sm">{t('keys.open')}</Text>}
      {data?.keys && <Facts found={data} />}
      {data?.keys && (
        <Group>
          <Button
            variant="default"
            loading={leaving.isPending}
            onClick={() => {
              leaving.mutate();
            }}
          >
            {t('keys.signOut')}
          </Button>
        </Group>
      )}
      {leaving.error && <ErrorView error={leaving.error} />}
    </Stack>
  );
}
