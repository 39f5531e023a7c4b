/** A file of a task: a picture where it is one, its type and size, and a link to have it. */

import './values.css';

import { Anchor } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { binaryAddress } from '../../api/pictures';
import type { Binary } from '../../model/rawtask';
import { sizeText } from '../../model/words';

const PIXELS = 128;

export function BinaryView({ taskId, binary }: { taskId: string; binary: Binary }) {
  const { t } = useTranslation();
  const [drawn, setDrawn] = useState(binary.type.startsWith('image/'));
  const whole = binaryAddress(taskId, binary.binary);
  const name = binary.name || binary.type;
  return (
    <span className="value-file">
      {drawn && (
        <a href={whole} target="_blank" rel="noreferrer">
          <img
            className="value-picture"
            src={binaryAddress(taskId, binary.binary, PIXELS)}
            alt={t('debug.value.open', { name })}
            loading="lazy"
            onError={() => {
              setDrawn(false);
            }}
          />
        </a>
      )}
      <span>
        {binary.type}, {sizeText(binary.size)}{' '}
        <Anchor href={whole} download={name} size="xs">
          {t('debug.value.download', { name })}
        </Anchor>
      </span>
    </span>
  );
}
