import { Box, CopyButton, Button, Group } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Json } from '../model/definition';

const MOST = 256_000;

/** JSON to read and to copy. What is longer than 256 kB is cut here, and whole in what is copied. */
export function JsonView({ value, label }: { value: Json; label: string }) {
  const { t } = useTranslation();
  const text = JSON.stringify(value, null, 2);
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
    </Box>
  );
}
