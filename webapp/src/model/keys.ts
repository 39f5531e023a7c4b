/** The shortcuts of the editor: one table, by which keys are read and which is shown. */

export const COMMANDS = [
  'palette',
  'save',
  'undo',
  'redo',
  'add',
  'connect',
  'delete',
  'copy',
  'cut',
  'paste',
  'duplicate',
  'selectAll',
  'edit',
  'tidy',
  'check',
  'run',
  'graph',
  'outline',
  'json',
  'shortcuts',
  'unselect',
] as const;
export type Command = (typeof COMMANDS)[number];

/** `key` as the browser names it; `mod`: Ctrl, or Command on a Mac. `everywhere`: in fields too. */
export interface Shortcut {
  command: Command;
  key: string;
  mod?: boolean;
  shift?: boolean;
  everywhere?: boolean;
}

/** Copying, cutting and pasting are told by the browser's own events, and stand here to be shown. */
const BY_EVENT: ReadonlySet<Command> = new Set(['copy', 'cut', 'paste']);

export const SHORTCUTS: readonly Shortcut[] = [
  { command: 'palette', key: 'k', mod: true, everywhere: true },
  { command: 'save', key: 's', mod: true, everywhere: true },
  { command: 'undo', key: 'z', mod: true },
  { command: 'redo', key: 'z', mod: true, shift: true },
  { command: 'redo', key: 'y', mod: true },
  { command: 'add', key: 'a' },
  { command: 'add', key: 'Tab', shift: false },
  { command: 'connect', key: 'c' },
  { command: 'delete', key: 'Delete' },
  { command: 'delete', key: 'Backspace' },
  { command: 'copy', key: 'c', mod: true },
  { command: 'cut', key: 'x', mod: true },
  { command: 'paste', key: 'v', mod: true },
  { command: 'duplicate', key: 'd', mod: true },
  { command: 'selectAll', key: 'a', mod: true },
  { command: 'edit', key: 'Enter' },
  { command: 'edit', key: 'F2' },
  { command: 'tidy', key: 't' },
  { command: 'shortcuts', key: '?' },
  { command: 'unselect', key: 'Escape' },
];

/** A key as the browser tells it. */
export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** The command of a key; null where it has none here. A sign that needs Shift on some keyboards is read by itself. */
export function commandOf(pressed: Pressed, inField: boolean): Command | null {
  if (pressed.altKey) return null;
  const mod = pressed.ctrlKey || pressed.metaKey;
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  const isLetter = /^[a-z]$/.test(key);
  const found = SHORTCUTS.find(
    (each) =>
      each.key === key &&
      (each.mod ?? false) === mod &&
      ((!isLetter && each.shift === undefined) || (each.shift ?? false) === pressed.shiftKey) &&
      (!inField || each.everywhere === true),
  );
  return found && !BY_EVENT.has(found.command) ? found.command : null;
}

/** The keys of a command as they are written; none where it has none. */
export function shortcutsOf(command: Command): string[] {
  return SHORTCUTS.filter((each) => each.command === command).map(({ key, mod, shift }) => {
    const name = key.length === 1 ? key.toUpperCase() : key.replace('Delete', 'Del');
    return [...(mod ? ['Ctrl'] : []), ...(shift ? ['Shift'] : []), name].join('+');
  });
}

/** The first keys of a command; an empty text where it has none. */
export function shortcutOf(command: Command): string {
  return shortcutsOf(command)[0] ?? '';
}
