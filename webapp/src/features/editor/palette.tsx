/** What can be added: the types of nodes, and every service and pipeline. By a click, by Enter, or dragged to its place. */

import { ScrollArea, Text, TextInput, UnstyledButton } from '@mantine/core';
import { type DragEvent, type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { DRAGGED } from '../../components/canvas/editing';
import { colourOf, signOf } from '../../components/canvas/kinds';
import { entriesOf } from '../../model/catalogue';
import { NODE_TYPES } from '../../model/definition';
import type { Item } from '../../model/insert';
import type { Service } from '../../model/wire';

interface Offer extends Item {
  name: string;
  says: string;
  away: boolean;
}

export interface PaletteProps {
  services: Service[];
  onAdd: (item: Item) => void;
  onLeave: () => void;
}

function useOffers(services: Service[], search: string): { types: Offer[]; routes: Offer[] } {
  const { t } = useTranslation();
  return useMemo(() => {
    const types = NODE_TYPES.map((type) => ({
      type,
      name: t(`graph.kind.${type}`),
      says: t(`editor.says.${type}`),
      away: false,
    }));
    const routes = entriesOf(services).map((entry) => ({
      type: 'service' as const,
      service: entry.route,
      name: entry.route,
      says: entry.summary,
      away: !entry.alive,
    }));
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ name, says }: Offer): boolean => {
      const text = `${name} ${says}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    // Who searches for a name means the one that begins with it.
    const first = (offer: Offer): number =>
      offer.name.toLowerCase().startsWith(search.toLowerCase()) ? 0 : 1;
    const sorted = (offers: Offer[]): Offer[] => offers.filter(fits).sort((a, b) => first(a) - first(b));
    return { types: sorted(types), routes: sorted(routes) };
  }, [services, search, t]);
}

function itemOf({ type, service }: Offer): Item {
  return service === undefined ? { type } : { type, service };
}

function OfferButton({ offer, active, onAdd }: { offer: Offer; active: boolean; onAdd: () => void }) {
  const { t } = useTranslation();
  return (
    <UnstyledButton
      className="offer"
      data-active={active}
      draggable
      title={offer.away ? t('editor.away') : offer.says}
      onClick={onAdd}
      onDragStart={(event: DragEvent) => {
        event.dataTransfer.setData(DRAGGED, JSON.stringify(itemOf(offer)));
        event.dataTransfer.effectAllowed = 'copy';
      }}
    >
      <span aria-hidden className="offer-sign" style={{ color: colourOf(offer.type) }}>
        {signOf(offer.type)}
      </span>
      <span className="offer-words">
        <span className="offer-name">{offer.name}</span>
        <span className="offer-says" aria-hidden>
          {offer.away ? t('editor.away') : offer.says}
        </span>
      </span>
    </UnstyledButton>
  );
}

/** Arrows go through the offers from the field of the search; Enter takes the one that is marked. */
function useChoice(offers: Offer[], onAdd: (item: Item) => void, onLeave: () => void) {
  const [at, setAt] = useState(0);
  const active = Math.min(at, offers.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const offer = offers[active];
    if (step) setAt(Math.max(0, Math.min(active + step, offers.length - 1)));
    else if (event.key === 'Enter' && offer) onAdd(itemOf(offer));
    else if (event.key === 'Escape') onLeave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const restart = (): void => {
    setAt(0);
  };
  return { active, onKeyDown, restart };
}

function Group({
  name,
  offers,
  chosen,
  onAdd,
}: {
  name: string;
  offers: Offer[];
  chosen: Offer | undefined;
  onAdd: (item: Item) => void;
}) {
  if (offers.length === 0) return null;
  return (
    <div role="group" aria-label={name}>
      <Text size="xs" mt={6} aria-hidden>
        {name}
      </Text>
      {offers.map((offer) => (
        <OfferButton
          key={offer.service ?? offer.type}
          offer={offer}
          active={offer === chosen}
          onAdd={() => {
            onAdd(itemOf(offer));
          }}
        />
      ))}
    </div>
  );
}

export function Palette({ services, onAdd, onLeave }: PaletteProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const { types, routes } = useOffers(services, search);
  const offers = useMemo(() => [...types, ...routes], [types, routes]);
  const add = (item: Item): void => {
    setSearch('');
    onAdd(item);
  };
  const { active, onKeyDown, restart } = useChoice(offers, add, onLeave);
  const chosen = search ? offers[active] : undefined;
  const words = chosen ? t('editor.enterAdds', { name: chosen.name }) : t('editor.noneFound');
  return (
    <section className="palette" aria-label={t('editor.palette')}>
      <TextInput
        size="sm"
        aria-label={t('editor.search')}
        placeholder={t('catalogue.search')}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          restart();
        }}
        onKeyDown={onKeyDown}
      />
      <span className="unseen" role="status">
        {search && words}
      </span>
      <ScrollArea className="offers" type="auto" viewportProps={{ tabIndex: -1 }}>
        <Group name={t('editor.types')} offers={types} chosen={chosen} onAdd={add} />
        <Group name={t('editor.routes')} offers={routes} chosen={chosen} onAdd={add} />
      </ScrollArea>
    </section>
  );
}
