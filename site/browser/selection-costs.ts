// What a selection reads, by two readers: one of whole chunks, and one of the smallest parts that can be read.
// The sums of the second are those of `explain`, with which a test compares them.

import { elementRanges, merged, product, touched, touchedBlocks, type Box, type Layout, type Range, type Touched } from "./selection-layout.ts";

const BLOSC_HEADER = 16;
const BLOSC_START = 4;

export interface Costs {
  readonly chunks: number;
  readonly units: number;
  readonly requests: number;
  readonly read: number;
  readonly decoded: number;
}

interface Read {
  readonly units: number;
  readonly ranges: readonly Range[];
  readonly decoded: number;
}

function readPart(layout: Layout, one: Touched): Read {
  const nbytes = layout.itemsize * product(layout.leaf);
  const whole: Range = [0, one.leaf.stop - one.leaf.start];
  if (layout.unit === "element") {
    const ranges = elementRanges(layout, one);
    return { units: ranges.reduce((sum, [a, b]) => sum + b - a, 0) / layout.itemsize, ranges, decoded: 0 };
  }
  const { starts, stops, blocksize } = one.leaf;
  if (starts === undefined || stops === undefined || blocksize === undefined) return { units: 1, ranges: [whole], decoded: nbytes };
  const blocks = touchedBlocks(layout, one);
  const decoded = blocks.reduce((sum, block) => sum + Math.min(nbytes, (block + 1) * blocksize) - block * blocksize, 0);
  const table: Range = [0, BLOSC_HEADER + BLOSC_START * starts.length];
  const ranges = blocks.length === starts.length ? [whole] : [table, ...blocks.map((at): Range => [starts[at] ?? 0, stops[at] ?? 0])];
  return { units: blocks.length, ranges, decoded };
}

/** What a reader of the smallest parts reads; the same as `explain` says. */
export function partial(layout: Layout, box: Box): Costs {
  return sum(layout, touched(layout, box), (one) => readPart(layout, one));
}

/** What a reader of whole chunks reads: every touched chunk, or inner chunk, from its first byte to its last. */
export function whole(layout: Layout, box: Box): Costs {
  const nbytes = layout.itemsize * product(layout.leaf);
  return sum(layout, touched(layout, box), (one) => ({ units: 1, ranges: [[0, one.leaf.stop - one.leaf.start]], decoded: layout.unit === "element" ? 0 : nbytes }));
}

function sum(layout: Layout, chunks: readonly Touched[], readOf: (one: Touched) => Read): Costs {
  const files = new Map<number, Range[]>();
  let [units, decoded] = [0, 0];
  for (const one of chunks) {
    const read = readOf(one);
    units += read.units;
    decoded += read.decoded;
    const ranges = files.get(one.leaf.file) ?? [];
    ranges.push(...read.ranges.map(([a, b]): Range => [a + one.leaf.start, b + one.leaf.start]));
    files.set(one.leaf.file, ranges);
  }
  const indexes = layout.shard === null ? 0 : files.size;
  let [requests, read] = [indexes, indexes * layout.index_nbytes];
  for (const ranges of files.values()) {
    const few = merged(ranges);
    requests += few.length;
    read += few.reduce((total, [a, b]) => total + b - a, 0);
  }
  return { chunks: chunks.length, units, requests, read, decoded };
}
