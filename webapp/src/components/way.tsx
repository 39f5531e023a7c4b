/** A button that leads to another page; one that says why, where somebody may not go there. */

import { Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';

export interface WayProps extends ButtonProps {
  to: string;
  denied: string | null;
  'aria-label'?: string;
  children: ReactNode;
}

export function Way({ to, denied, ...look }: WayProps) {
  if (denied !== null) return <Button {...look} disabled title={denied} />;
  return <Button component="a" href={to} {...look} />;
}
