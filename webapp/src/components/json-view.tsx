import { Anchor, Box, Button, CopyButton, Group, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import type { Json } from '../model/definition';
import { sizeText } from '../model/words';

const MOST = 256_000;

/** JSON to read and to copy. What is longer than 256 kB is cut here, and whole in what is copied or downloaded. */
export function JsonView({ value, label }: { value: Json; label: string }) {
  const { t } = useTranslation();
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  return (
    <Box pos="relative" h="100%">
      <Group pos="absolute" top={4} right={8}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {t(copied ? 'pipeline.copied' : 'pipeline.copy')}
            </Button>
          )}
        </CopyButton>
      </Group>
      <pre className="json" tabIndex={0} aria-label={label}>
        {text.length > MOST ? `${text.slice(0, MOST)}\n…` : text}
      </pre>
      {text.length > MOST && <Rest text={text} label={label} />}
    </Box>
  );
}

function Rest({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${label.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}.json`;
    link.click();
    setTimeout(() => {
      URL.revokeObjectURL(url);
    }, 60_000);
  };
  return (
    <Text size="sm" mt={4}>
      {t('pictures.cut', { size: sizeText(text.length) })}{' '}
      <Anchor component="button" type="button" size="sm" onClick={save}>
        {t('pictures.whole')}
      </Anchor>
    </Text>
  );
}
