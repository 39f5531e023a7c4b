/** A value of a task as a tree: long texts and lists are cut and can be had whole; files are pictures or links. */

import './values.css';

import { Button, CopyButton, Group, UnstyledButton } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Json, isObject } from '../../model/definition';
import { asBinary, isBinary } from '../../model/rawtask';
import { sizeText } from '../../model/words';
import { BinaryView } from './binary-view';

const LONGEST_TEXT = 300;
const MOST_PARTS = 100;

/** Objects and lists with more parts are closed at first; so is what lies deeper. */
const OPEN_PARTS = 20;
const OPEN_DEPTH = 2;

/** Larger values are offered as a file, and not to the clipboard. */
const MOST_COPIED = 256_000;

function Text({ text }: { text: string }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > LONGEST_TEXT;
  return (
    <span className="value-text">
      {JSON.stringify(cut ? text.slice(0, LONGEST_TEXT) : text)}
      {cut && (
        <>
          {'… '}
          <UnstyledButton
            td="underline"
            fz="inherit"
            onClick={() => {
              setWhole(true);
            }}
          >
            {t('debug.value.whole', { size: sizeText(text.length) })}
          </UnstyledButton>
        </>
      )}
    </span>
  );
}

interface PartProps {
  taskId: string;
  value: Json;
  depth: number;
}

function Parts({ taskId, value, depth }: PartProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(MOST_PARTS);
  const parts = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value as { [key: string]: Json });
  return (
    <ul className={depth === 0 ? 'value value-root' : 'value'}>
      {parts.slice(0, shown).map(([name, item]) => (
        <li key={name}>
          <Part taskId={taskId} name={String(name)} value={item} depth={depth + 1} />
        </li>
      ))}
      {parts.length > shown && (
        <li>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              setShown(shown + 10 * MOST_PARTS);
            }}
          >
            {t('debug.value.more', { count: Math.min(parts.length - shown, 10 * MOST_PARTS) })}
          </Button>
        </li>
      )}
    </ul>
  );
}

function Part({ name, ...rest }: PartProps & { name: string }) {
  const { value, taskId, depth } = rest;
  const { t } = useTranslation();
  const size = Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
  const [open, setOpen] = useState(depth <= OPEN_DEPTH && size <= OPEN_PARTS);
  const key = <span className="value-key">{name}: </span>;
  if (isBinary(value)) {
    return (
      <>
        {key}
        <BinaryView taskId={taskId} binary={asBinary(value)} />
      </>
    );
  }
  if (size === 0) {
    return (
      <>
        {key}
        <Leaf value={value} />
      </>
    );
  }
  const kind = Array.isArray(value) ? 'debug.value.list' : 'debug.value.object';
  return (
    <details
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        {key}
        <span className="value-kind">{t(kind, { count: size })}</span>
      </summary>
      {open && <Parts {...rest} />}
    </details>
  );
}

function Leaf({ value }: { value: Json }) {
  return typeof value === 'string' ? <Text text={value} /> : <span>{JSON.stringify(value)}</span>;
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export interface ValueTreeProps {
  /** Whose files are shown. */
  taskId: string;
  value: Json;
  /** What the value is called when it is copied or downloaded. */
  name: string;
}

export function ValueTree({ taskId, value, name }: ValueTreeProps) {
  const { t } = useTranslation();
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  if (isBinary(value)) return <BinaryView taskId={taskId} binary={asBinary(value)} />;
  if (!Array.isArray(value) && !isObject(value)) return <Leaf value={value} />;
  return (
    <div>
      <Parts taskId={taskId} value={value} depth={0} />
      <Group gap="xs" mt={4}>
        {text.length <= MOST_COPIED && (
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="default" onClick={copy}>
                {t(copied ? 'debug.value.copied' : 'debug.value.copy')}
              </Button>
            )}
          </CopyButton>
        )}
        {text.length > LONGEST_TEXT && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              saveText(`${name}.json`, text);
            }}
          >
            {t('debug.value.save')}
          </Button>
        )}
      </Group>
    </div>
  );
}
