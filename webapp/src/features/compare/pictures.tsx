/** The pictures of two values side by side, and whether their bytes are the same. */

import './compare.css';

import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';

import { request } from '../../api/http';
import { binaryAddress, shownHere } from '../../api/pictures';
import { BinaryView } from '../../components/values/binary-view';
import { binariesOf } from '../../model/compare';
import type { JsonObject } from '../../model/definition';
import { type Binary, asBinary } from '../../model/rawtask';

interface PicturesProps {
  a: JsonObject;
  b: JsonObject;
  /** The ids of the two tasks. */
  tasks: [string, string];
}

/** Larger files are not fetched to be compared. */
const MOST_BYTES = 8_000_000;

const PIXELS = 512;
const MOST_PAIRS = 12;

interface Pair {
  path: string;
  a: Binary;
  b: Binary;
}

function pairsOf(a: JsonObject, b: JsonObject): Pair[] {
  const others = new Map(binariesOf(b).map((each) => [each.path, asBinary(each.value)]));
  return binariesOf(a).flatMap(({ path, value }) => {
    const other = others.get(path);
    return other ? [{ path, a: asBinary(value), b: other }] : [];
  });
}

async function bytesOf(taskId: string, { binary }: Binary, signal: AbortSignal): Promise<Uint8Array> {
  const file = shownHere(binaryAddress(taskId, binary));
  return new Uint8Array(await (await request(file, { signal })).arrayBuffer());
}

function useSame({ a, b }: Pair, [one, other]: [string, string]) {
  const wanted = a.size === b.size && a.size <= MOST_BYTES;
  const { data } = useQuery({
    queryKey: ['compare', one, a.binary, other, b.binary],
    queryFn: async ({ signal }) => {
      const [first, second] = await Promise.all([bytesOf(one, a, signal), bytesOf(other, b, signal)]);
      return first.length === second.length && first.every((byte, at) => byte === second[at]);
    },
    enabled: wanted,
    staleTime: Infinity,
  });
  return wanted ? data : a.size === b.size ? undefined : false;
}

function PictureSide({ taskId, binary }: { taskId: string; binary: Binary }) {
  if (!binary.type.startsWith('image/')) return <BinaryView taskId={taskId} binary={binary} />;
  return <img src={binaryAddress(taskId, binary.binary, PIXELS)} alt={binary.name} loading="lazy" />;
}

function PairView({ pair, tasks }: { pair: Pair; tasks: [string, string] }) {
  const { t } = useTranslation();
  const same = useSame(pair, tasks);
  const words = same === undefined ? 'comparing' : same ? 'sameBytes' : 'otherBytes';
  const unknown = same === undefined && pair.a.size > MOST_BYTES;
  return (
    <div>
      <Text size="sm">
        <b>{pair.path}</b>: {same === false && '≠ '}
        {t(unknown ? 'compare.maybe' : `compare.${words}`)}
      </Text>
      <div className="pair">
        <PictureSide taskId={tasks[0]} binary={pair.a} />
        <PictureSide taskId={tasks[1]} binary={pair.b} />
      </div>
    </div>
  );
}

export function Pictures({ a, b, tasks }: PicturesProps) {
  const pairs = pairsOf(a, b);
  if (pairs.length === 0) return null;
  return (
    <Stack gap="sm">
      {pairs.slice(0, MOST_PAIRS).map((pair) => (
        <PairView key={pair.path} pair={pair} tasks={tasks} />
      ))}
    </Stack>
  );
}
