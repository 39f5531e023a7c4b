/** A path, `node.out.key`, with completion. While it is looked at, the page may light the node that it reads. */

import { Autocomplete, type ComboboxParsedItem, type OptionsFilter, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

import { type Suggestion, sourceOf } from '../../model/paths';
import './code.css';

export interface PathFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  suggestions: readonly Suggestion[];
  fault?: string | undefined;
  /** The id of the node that the path reads, or null when nobody looks any more. */
  onHover?: ((id: string | null) => void) | undefined;
  /** The label is read, not seen. */
  bare?: boolean;
}

const SHOWN = 80;

/** The suggestions by path, and as groups: what has run by then, and what may not have. */
function useGroups(suggestions: readonly Suggestion[]) {
  const { t } = useTranslation();
  const byPath = useMemo(() => new Map(suggestions.map((each) => [each.path, each])), [suggestions]);
  const data = useMemo(() => {
    const group = (later: boolean): string[] =>
      [...byPath.values()].filter((each) => (each.later ?? false) === later).map(({ path }) => path);
    return [
      { group: t('inspector.before'), items: group(false) },
      { group: t('inspector.laterGroup'), items: group(true) },
    ].filter(({ items }) => items.length > 0);
  }, [byPath, t]);
  return { byPath, data };
}

const LOOKS = {
  size: 'xs',
  limit: SHOWN,
  maxDropdownHeight: 260,
  errorProps: { role: 'status' },
  spellCheck: false,
  autoCapitalize: 'off',
  placeholder: 'node.out.key',
  styles: {
    input: { fontFamily: 'var(--mantine-font-family-monospace)' },
    groupLabel: { color: 'var(--code-comment)' },
  },
  comboboxProps: {
    width: 'max-content',
    position: 'bottom-start',
    middlewares: { shift: true, flip: true },
  },
} as const;

export function PathField(props: PathFieldProps) {
  const { label, value, onChange, suggestions, fault, onHover, bare = false } = props;
  const { byPath, data } = useGroups(suggestions);
  const look = (path: string): void => onHover?.(sourceOf(path));
  const lookHere = (): void => {
    look(value);
  };
  const leave = (): void => onHover?.(null);
  return (
    <Autocomplete
      {...LOOKS}
      {...(bare ? { 'aria-label': label } : { label })}
      value={value}
      onChange={(path) => {
        onChange(path);
        look(path);
      }}
      data={data}
      filter={matching}
      error={fault}
      onFocus={lookHere}
      onBlur={leave}
      onMouseEnter={lookHere}
      onMouseLeave={leave}
      renderOption={({ option }) => (
        <Option found={byPath.get(option.value)} path={option.value} onLook={look} />
      )}
    />
  );
}

interface OptionProps {
  path: string;
  found: Suggestion | undefined;
  onLook: (path: string) => void;
}

function Option({ path, found, onLook }: OptionProps) {
  return (
    <Text
      size="xs"
      ff="monospace"
      onMouseEnter={() => {
        onLook(path);
      }}
    >
      {path}{' '}
      {found?.detail && (
        <Text span size="xs" c="var(--code-comment)">
          {found.detail}
        </Text>
      )}
    </Text>
  );
}

/** Those that begin with what is written before those that hold it; all for a path that is complete. */
const matching: OptionsFilter = ({ options, search, limit }) => {
  const wanted = search.trim().toLowerCase();
  let left = limit;
  return options.flatMap((group): ComboboxParsedItem[] => {
    if (!('group' in group)) return [group];
    const starting = group.items.filter(({ value }) => value.toLowerCase().startsWith(wanted));
    const holding = group.items.filter(({ value }) => value.toLowerCase().indexOf(wanted) > 0);
    const items = [...starting, ...holding].slice(0, left);
    left -= items.length;
    return items.length ? [{ ...group, items }] : [];
  });
};
