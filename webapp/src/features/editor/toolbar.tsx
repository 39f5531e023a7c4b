/** What can be done with the whole pipeline. */

import { Badge, Button, Group, SegmentedControl, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { type Command, shortcutOf } from '../../model/keys';

export const VIEWS = ['graph', 'outline', 'json'] as const;
export type View = (typeof VIEWS)[number];

export interface ToolbarProps {
  title: string;
  version: number | null;
  changed: boolean;
  faults: number;
  view: View;
  onView: (view: View) => void;
  disabled: ReadonlySet<Command>;
  onCommand: (command: Command) => void;
}

const BUTTONS = ['add', 'undo', 'redo', 'tidy', 'check', 'palette'] as const;
const LOOKS = {
  ...{ add: 'default', undo: 'default', redo: 'default', tidy: 'default', check: 'default' },
  ...{ palette: 'default', save: 'filled', run: 'default' },
};

function Heading({
  title,
  version,
  changed,
  faults,
}: Pick<ToolbarProps, 'title' | 'version' | 'changed' | 'faults'>) {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      <Title order={1} size="h4">
        {title || t('editor.newPipeline')}
      </Title>
      {version !== null && <Badge variant="default">{t('pipeline.version', { version })}</Badge>}
      <Badge variant={changed ? 'filled' : 'default'} color={changed ? 'orange.9' : 'gray'} role="status">
        {t(changed ? 'editor.changed' : version === null ? 'editor.fresh' : 'editor.unchanged')}
      </Badge>
      {faults > 0 && (
        <Badge color="red.9" variant="filled">
          {t('graph.faults', { count: faults })}
        </Badge>
      )}
    </Group>
  );
}

export function Toolbar({ view, onView, disabled, onCommand, ...heading }: ToolbarProps) {
  const { t } = useTranslation();
  const button = (command: keyof typeof LOOKS) => (
    <Button
      key={command}
      size="xs"
      variant={LOOKS[command]}
      disabled={disabled.has(command)}
      title={shortcutOf(command) ? `${t(`editor.command.${command}`)} (${shortcutOf(command)})` : undefined}
      onClick={() => {
        onCommand(command);
      }}
    >
      {t(`editor.button.${command}`)}
    </Button>
  );
  return (
    <Group justify="space-between" gap="xs" className="editor-bar">
      <Heading {...heading} />
      <Group gap={6} role="toolbar" aria-label={t('editor.toolbar')}>
        {BUTTONS.map(button)}
        <SegmentedControl<View>
          size="xs"
          aria-label={t('editor.view')}
          value={view}
          onChange={onView}
          data={VIEWS.map((value) => ({ value, label: t(`editor.views.${value}`) }))}
        />
        {button('save')}
        {button('run')}
      </Group>
    </Group>
  );
}
