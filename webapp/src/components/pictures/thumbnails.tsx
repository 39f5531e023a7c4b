/** Small pictures in a row, of which each opens large. */

import './pictures.css';

import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { PictureView } from './picture-view';

export interface Small {
  key: string;
  name: string;
  /** Where it is whole, and where it is small. */
  src: string;
  small: string;
}

/** At most so many of the pictures, and how many more there are. Any of them can be looked at once one is open. */
export function Thumbnails({ pictures, most = 3 }: { pictures: Small[]; most?: number }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  const more = pictures.length - most;
  const shown = open === null ? undefined : pictures[open];
  return (
    <div className="thumbnails nodrag nopan">
      {pictures.slice(0, most).map((picture, index) => (
        <button
          key={picture.key}
          type="button"
          className="thumbnail"
          aria-label={t('pictures.open', { name: picture.name })}
          title={picture.name}
          onClick={() => {
            setOpen(index);
          }}
        >
          <img src={picture.small} alt="" width={48} height={48} loading="lazy" />
        </button>
      ))}
      {more > 0 && (
        <button
          type="button"
          className="thumbnail thumbnail-more"
          aria-label={t('pictures.more', { count: more })}
          onClick={() => {
            setOpen(most);
          }}
        >
          +{more}
        </button>
      )}
      <Modal
        opened={shown !== undefined}
        onClose={() => {
          setOpen(null);
        }}
        size="auto"
        title={shown?.name}
        closeButtonProps={{ 'aria-label': t('pipeline.close') }}
        centered
      >
        {shown && <Gallery pictures={pictures} at={open ?? 0} onMove={setOpen} />}
      </Modal>
    </div>
  );
}

function Gallery({ pictures, at, onMove }: { pictures: Small[]; at: number; onMove: (at: number) => void }) {
  const { t } = useTranslation();
  const picture = pictures[at];
  if (!picture) return null;
  return (
    <div className="gallery">
      <PictureView key={picture.key} src={picture.src} alt={picture.name} tall={0.7} />
      {pictures.length > 1 && (
        <nav className="gallery-ways" aria-label={t('pictures.gallery')}>
          <button
            type="button"
            disabled={at === 0}
            onClick={() => {
              onMove(at - 1);
            }}
          >
            {t('pictures.previous')}
          </button>
          <span role="status">{`${at + 1} / ${pictures.length}`}</span>
          <button
            type="button"
            disabled={at === pictures.length - 1}
            onClick={() => {
              onMove(at + 1);
            }}
          >
            {t('pictures.next')}
          </button>
        </nav>
      )}
    </div>
  );
}
