/** A list to choose from by typing: of targets, of commands, of nodes. */

import { Kbd, Modal, Text, TextInput } from '@mantine/core';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface Option {
  id: string;
  label: string;
  detail?: string;
  shortcut?: string;
  /** It cannot be chosen, and why. */
  why?: string | null;
}

export interface PickerProps {
  title: string;
  label: string;
  options: Option[];
  onChoose: (id: string) => void;
  onClose: () => void;
}

const MOST = 200;

/** The options in which every word is found, those first whose name begins with the text. */
function found(options: Option[], search: string): Option[] {
  const text = search.trim().toLowerCase();
  const words = text.split(/\s+/).filter(Boolean);
  const fits = options.filter((each) => {
    const all = `${each.label} ${each.detail ?? ''}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const begins = (each: Option): boolean => text !== '' && each.label.toLowerCase().startsWith(text);
  return [...fits.filter(begins), ...fits.filter((each) => !begins(each))].slice(0, MOST);
}

function usePicking({ options, onChoose, onClose }: PickerProps) {
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const shown = useMemo(() => found(options, search), [options, search]);
  const active = Math.min(at, shown.length - 1);
  const choose = (option: Option | undefined): void => {
    if (!option || option.why) return;
    onClose();
    onChoose(option.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(active + step, shown.length - 1)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(shown[active]);
    }
  };
  const type = (text: string): void => {
    setSearch(text);
    setAt(0);
  };
  return { search, shown, active, choose, onKeyDown, type };
}

function Line({
  option,
  id,
  active,
  onClick,
}: {
  option: Option;
  id: string;
  active: boolean;
  onClick: () => void;
}) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (active) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <li
      ref={ref}
      id={id}
      role="option"
      aria-selected={active}
      aria-disabled={option.why ? true : undefined}
      className="pick"
      onClick={onClick}
    >
      <span className="pick-label">{option.label}</span>
      <span className="pick-detail">{option.why ?? option.detail}</span>
      {option.shortcut && <Kbd size="xs">{option.shortcut}</Kbd>}
    </li>
  );
}

export function Picker(props: PickerProps) {
  const { t } = useTranslation();
  const list = useId();
  const { search, shown, active, choose, onKeyDown, type } = usePicking(props);
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      size="lg"
      closeButtonProps={{ 'aria-label': t('editor.close') }}
    >
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={shown.length ? `${list}-${active}` : undefined}
        aria-label={props.label}
        placeholder={props.label}
        value={search}
        onChange={(event) => {
          type(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={list} role="listbox" aria-label={props.title} className="picks">
        {shown.map((option, index) => (
          <Line
            key={option.id}
            option={option}
            id={`${list}-${index}`}
            active={index === active}
            onClick={() => {
              choose(option);
            }}
          />
        ))}
      </ul>
      {shown.length === 0 && (
        <Text size="sm" role="status">
          {t('editor.noneFound')}
        </Text>
      )}
    </Modal>
  );
}
