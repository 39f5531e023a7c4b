/** The fields that belong to one type of node. */

import { Anchor, Fieldset, Group, Input, List, NativeSelect, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { type Json, type JsonObject, idOf, isObject, typeOf } from '../../model/definition';
import { PathField } from '../code/path-field';
import { useField, useHeld } from './held';
import { NextField } from './next-field';
import { OtherFields } from './other-fields';
import { PathsTable } from './paths-table';
import { CodeValue, JsonValue, Kept, NumberValue, TextValue, isText } from './values';

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const RETRY: Record<string, string> = { attempts: '5', delay: '1', factor: '2', max_delay: '60' };
const SIDE = ['next', 'out', 'exec'];

function isHeld(value: Json): value is JsonObject {
  return isObject(value);
}

/** `timeout` and `retry` of the nodes that call others. */
export function CallFields({ timeout }: { timeout: string }) {
  const { t } = useTranslation();
  return (
    <>
      <NumberValue place={['timeout']} hint={t('inspector.hint.timeout')} standard={timeout} />
      <Kept place={['retry']} is={isHeld}>
        {() => (
          <Fieldset legend="retry" className="inspector-table">
            <SimpleGrid cols={2} spacing="xs" verticalSpacing={4}>
              {Object.entries(RETRY).map(([name, standard]) => (
                <NumberValue key={name} place={['retry', name]} standard={standard} />
              ))}
            </SimpleGrid>
            <OtherFields place={['retry']} known={Object.keys(RETRY)} />
          </Fieldset>
        )}
      </Kept>
    </>
  );
}

export function HttpFields() {
  const { t } = useTranslation();
  const { set, error } = useField(['verb']);
  return (
    <>
      <TextValue place={['url']} needed />
      <Kept place={['verb']} is={isText}>
        {(value) => (
          <NativeSelect
            size="xs"
            label="verb"
            value={value ?? 'GET'}
            data={[...new Set([...VERBS, ...(value === undefined ? [] : [value])])]}
            error={error}
            errorProps={{ role: 'status' }}
            onChange={(event) => {
              set(event.currentTarget.value);
            }}
          />
        )}
      </Kept>
      <JsonValue place={['headers']} hint={t('inspector.hint.headers')} />
    </>
  );
}

export function BranchFields() {
  const { t } = useTranslation();
  return (
    <>
      <CodeValue place={['if']} hint={t('inspector.hint.if')} mode="expression" />
      <Side name="then" />
      <Side name="else" />
      <NumberValue place={['max_turns']} hint={t('inspector.hint.max_turns')} standard="1000" />
    </>
  );
}

function isSide(value: Json): value is JsonObject | string {
  return isObject(value) || typeof value === 'string';
}

/** One side of a branch; one that is a text is its `exec` alone. */
function Side({ name }: { name: 'then' | 'else' }) {
  const { t } = useTranslation();
  const { paths } = useHeld();
  const { faults } = useField([name]);
  const own = faults.filter((fault) => fault.place.length === 1);
  return (
    <Fieldset legend={name} className="inspector-table">
      <Kept place={[name]} is={isSide}>
        {(value) => (
          <>
            <NextField place={[name, 'next']} hint={t('inspector.next.side')} canGo />
            <PathsTable place={[name, 'out']} suggestions={paths} />
            {typeof value === 'string' ? (
              <CodeValue place={[name]} hint={t('inspector.hint.exec')} />
            ) : (
              <CodeValue place={[name, 'exec']} hint={t('inspector.hint.exec')} />
            )}
            <OtherFields place={[name]} known={SIDE} />
            {typeof value !== 'string' &&
              own.map(({ message }) => (
                <Input.Error key={message} role="status">
                  {message}
                </Input.Error>
              ))}
          </>
        )}
      </Kept>
    </Fieldset>
  );
}

export function LoopFields() {
  const { t } = useTranslation();
  const { paths, collected, onHover } = useHeld();
  const items = useField(['items']);
  return (
    <>
      <Kept place={['items']} is={isText}>
        {(value = '') => (
          <PathField
            label="items"
            value={value}
            suggestions={paths}
            fault={items.error}
            onHover={onHover}
            onChange={items.set}
          />
        )}
      </Kept>
      <Body />
      <PathsTable place={['collect']} hint={t('inspector.hint.collect')} suggestions={collected} />
      <NumberValue place={['max_parallel']} hint={t('inspector.hint.max_parallel')} />
    </>
  );
}

function isList(value: Json): value is Json[] {
  return Array.isArray(value);
}

/** The nodes of the body, each a way to it. */
function Body() {
  const { t } = useTranslation();
  const { definition, nodeKey, change } = useHeld();
  const { faults } = useField(['nodes']);
  return (
    <Kept place={['nodes']} is={isList}>
      {(value = []) => (
        <div>
          <Input.Label labelElement="div" size="xs">
            {t('inspector.loop.body')}
          </Input.Label>
          {value.length === 0 && <Text size="xs">{t('inspector.loop.none')}</Text>}
          <List size="sm">
            {value.map((inner, index) => (
              <List.Item key={index}>
                <Group gap={6}>
                  <Anchor
                    component="button"
                    type="button"
                    size="sm"
                    onClick={() => {
                      change(definition, `${nodeKey}/nodes/${index}`);
                    }}
                  >
                    {isObject(inner) ? idOf(inner) || t('graph.noId') : JSON.stringify(inner)}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {isObject(inner) ? typeOf(inner) : ''} {index === 0 && `· ${t('inspector.loop.first')}`}
                  </Text>
                </Group>
              </List.Item>
            ))}
          </List>
          {faults.map(({ message }) => (
            <Input.Error key={message} role="status">
              {message}
            </Input.Error>
          ))}
        </div>
      )}
    </Kept>
  );
}
