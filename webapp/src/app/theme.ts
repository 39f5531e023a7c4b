/** Colours in which all texts can be read: at least 4.5 to 1 against what is behind them, in light and in dark. */

import {
  type CSSVariablesResolver,
  DEFAULT_THEME,
  type MantineColorsTuple,
  createTheme,
} from '@mantine/core';

function withDarkest(name: string, darkest: string): MantineColorsTuple {
  const [a, b, c, d, e, f, g, h, i] = DEFAULT_THEME.colors[name] as MantineColorsTuple;
  return [a, b, c, d, e, f, g, h, i, darkest];
}

/** White stands on the darkest shade of a colour, and on the eighth of blue; those that Mantine has are too light. */
export const theme = createTheme({
  primaryShade: 8,
  colors: { green: withDarkest('green', '#23702f'), orange: withDarkest('orange', '#b83c0b') },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': 'var(--mantine-color-gray-7)' },
  dark: { '--mantine-color-dimmed': 'var(--mantine-color-dark-1)' },
});
