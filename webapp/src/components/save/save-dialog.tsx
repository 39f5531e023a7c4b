/** Saving a pipeline: what it changes, whether the engine takes it, and what to do when somebody was quicker. */

import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { type Definition, routeOf } from '../../model/definition';
import { DiffView } from '../diff/diff-view';
import { ErrorView } from '../error-view';
import { routeFault } from './route';
import { type Saving, type Wish, useSave } from './use-save';

export interface SaveDialogProps extends Wish {
  opened: boolean;
  onClose: () => void;
}

function Checked({ saving }: { saving: Saving }) {
  const { t } = useTranslation();
  if (saving.faults) {
    return (
      <>
        <Text role="status">{t('versions.hasFaults')}</Text>
        <ErrorView error={saving.faults} />
      </>
    );
  }
  return (
    <Text size="sm" role="status">
      {t(saving.checking ? 'versions.checking' : 'versions.noFaults')}
    </Text>
  );
}

/** The difference against what is stored; after a conflict also against what this began from. */
function Against({
  saving,
  before,
  after,
}: {
  saving: Saving;
  before: Definition | null;
  after: Definition;
}) {
  const { t } = useTranslation();
  const [base, setBase] = useState('stored');
  return (
    <>
      {saving.conflict && (
        <SegmentedControl
          aria-label={t('versions.against')}
          value={base}
          onChange={setBase}
          data={[
            { value: 'stored', label: t('versions.againstStored') },
            { value: 'begun', label: t('versions.againstBegun') },
          ]}
        />
      )}
      <DiffView before={base === 'stored' ? (saving.theirs ?? before) : before} after={after} />
    </>
  );
}

interface RouteFieldProps {
  target: string;
  onTarget: (route: string) => void;
  taken: string[];
}

function RouteField({ target, onTarget, taken }: RouteFieldProps) {
  const { t } = useTranslation();
  const fault = routeFault(target, taken);
  return (
    <TextInput
      label={t('versions.route')}
      description={t('versions.routeSays')}
      value={target}
      error={fault && t(`versions.${fault}`)}
      onChange={(event) => {
        onTarget(event.currentTarget.value);
      }}
      data-autofocus
    />
  );
}

interface ActionsProps {
  saving: Saving;
  asNew: boolean;
  target: string;
  onOther: () => void;
  onClose: () => void;
}

function Actions({ saving, asNew, target, onOther, onClose }: ActionsProps) {
  const { t } = useTranslation();
  const blocked = saving.checking || saving.faults !== null || !saving.asked;
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        {t('versions.cancel')}
      </Button>
      {saving.conflict && !asNew && (
        <Button variant="default" onClick={onOther}>
          {t('versions.saveElsewhere')}
        </Button>
      )}
      {asNew ? (
        <Button
          loading={saving.busy}
          disabled={blocked || routeFault(target, saving.taken) !== null}
          onClick={saving.saveAs}
        >
          {t('versions.saveNew')}
        </Button>
      ) : (
        <Button
          color={saving.conflict ? 'red.9' : 'blue'}
          loading={saving.busy}
          disabled={blocked}
          onClick={saving.saveOver}
        >
          {t(saving.conflict ? 'versions.saveOver' : 'versions.saveVersion', { version: saving.version })}
        </Button>
      )}
    </Group>
  );
}

function Content({ route, before, base, after, onSaved, onClose }: SaveDialogProps) {
  const { t } = useTranslation();
  const named = routeOf(after);
  // An entry that names another route than the one that was opened makes another pipeline.
  const other = route !== null && named !== '' && named !== route;
  const [elsewhere, setElsewhere] = useState(route === null || other);
  const [target, setTarget] = useState(route === null || other ? named : route);
  const saving = useSave({ route, before, base, after, onSaved }, target);
  return (
    <Stack>
      {other && <Alert color="orange">{t('versions.otherRoute', { route, named })}</Alert>}
      {saving.conflict && (
        <Alert color="orange" role="alert" title={t('versions.conflict', { version: saving.version })}>
          {t('versions.conflictSays')}
        </Alert>
      )}
      {elsewhere && <RouteField target={target} onTarget={setTarget} taken={saving.taken} />}
      <Checked saving={saving} />
      {saving.failure && <ErrorView error={saving.failure} />}
      <Against saving={saving} before={before} after={after} />
      <Actions
        saving={saving}
        asNew={elsewhere}
        target={target}
        onClose={onClose}
        onOther={() => {
          setElsewhere(true);
        }}
      />
    </Stack>
  );
}

export function SaveDialog(props: SaveDialogProps) {
  const { t } = useTranslation();
  const narrow = useMediaQuery('(max-width: 48em)');
  const { opened, route, onClose } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="xl"
      fullScreen={narrow}
      title={route === null ? t('versions.titleNew') : t('versions.title', { route })}
      closeButtonProps={{ 'aria-label': t('versions.cancel') }}
    >
      <Content {...props} />
    </Modal>
  );
}
