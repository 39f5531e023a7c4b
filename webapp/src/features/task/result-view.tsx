/** What a task gave: pictures as pictures, files to download, values as JSON. */

import { Anchor, Group, Paper, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { sameOrigin } from '../../api/http';
import { result } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { JsonView } from '../../components/json-view';
import { filesOf } from '../../model/results';

const PICTURE = /\.(avif|bmp|gif|jpe?g|png|webp)$/i;

function FileView({ path, url }: { path: string; url: string }) {
  const { t } = useTranslation();
  const address = sameOrigin(url);
  const name = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
  return (
    <figure className="result">
      {PICTURE.test(name) || !name.includes('.') ? (
        <img src={address} alt={path} className="picture" />
      ) : null}
      <figcaption>
        <Anchor href={address} download={name} size="sm">
          {t('task.download', { name })}
        </Anchor>
      </figcaption>
    </figure>
  );
}

export function ResultView({ taskId }: { taskId: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(result(taskId, true));
  if (error) return <ErrorView error={error} />;
  if (!data) return null;
  const files = filesOf(data, taskId);
  return (
    <Stack component="section" gap="sm" aria-label={t('task.result')}>
      <Title order={2} size="h4">
        {t('task.result')}
      </Title>
      <Group align="start">
        {files.map(({ path, url }) => (
          <FileView key={path} path={path} url={url} />
        ))}
      </Group>
      <Paper withBorder p="sm">
        <JsonView value={data} label={t('task.result')} />
      </Paper>
    </Stack>
  );
}
