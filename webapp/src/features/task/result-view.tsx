/** What a task gave: pictures as pictures, files to download, values as JSON. */

import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { sameOrigin } from '../../api/http';
import { fileInfo, shownHere } from '../../api/pictures';
import { result } from '../../api/queries';
import { ErrorView } from '../../components/error-view';
import { JsonView } from '../../components/json-view';
import { PictureView } from '../../components/pictures/picture-view';
import { isDrawn, isShown } from '../../model/pictures';
import { filesOf } from '../../model/results';
import { sizeText } from '../../model/words';

/** The most that the engine makes small pictures of, for what a browser cannot show. */
const LARGE = 512;

function FileView({ path, url }: { path: string; url: string }) {
  const { t } = useTranslation();
  const address = sameOrigin(url);
  const name = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
  const { data: info, error } = useQuery(fileInfo(url.slice(url.indexOf('/tasks/'))));
  const about = info && [info.type, info.size === null ? '' : sizeText(info.size)].filter(Boolean).join(', ');
  return (
    <figure className="result">
      {info && isDrawn(info.type) && (
        <PictureView
          src={isShown(info.type) ? shownHere(address) : `${address}?thumbnail=${LARGE}`}
          alt={path}
        />
      )}
      <figcaption>
        <Anchor href={address} download={name} size="sm">
          {t('task.download', { name })}
        </Anchor>{' '}
        <Text span size="sm" c="dimmed">
          {about}
        </Text>
      </figcaption>
      {error && <ErrorView error={error} />}
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
      {files.length > 0 && (
        <Group align="start" className="results">
          {files.map(({ path, url }) => (
            <FileView key={path} path={path} url={url} />
          ))}
        </Group>
      )}
      <Paper withBorder p="sm" className="result-json">
        <JsonView value={data} label={t('task.result')} />
      </Paper>
    </Stack>
  );
}
