// An array as it is stored, and what a box in it touches: chunks, bytes of chunks, Blosc blocks.
// The layout, every byte place included, comes from the page (site/outreach/figures/layouts.py).

/** A chunk that holds elements itself, an inner chunk where there are shards, as it lies in its file. */
export interface Leaf {
  readonly file: number;
  readonly start: number;
  readonly stop: number;
  /** Of a Blosc chunk: decoded bytes of a block, and where each encoded block begins and ends in the chunk. */
  readonly blocksize?: number;
  readonly starts?: readonly number[];
  readonly stops?: readonly number[];
}

export interface Layout {
  readonly name: string;
  readonly unit: "element" | "Blosc block" | "whole chunk";
  readonly shape: readonly number[];
  readonly leaf: readonly number[];
  readonly shard: readonly number[] | null;
  /** The axes that run down and across; of the others everything is selected. */
  readonly axes: readonly [number, number];
  readonly itemsize: number;
  readonly index_nbytes: number;
  readonly leaves: readonly Leaf[];
}

/** Rows [top, bottom) and columns [left, right) of the array. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** A chunk that is touched: its place in the grid, and first and last + 1 index within it, axis by axis. */
export interface Touched {
  readonly at: readonly number[];
  readonly leaf: Leaf;
  readonly lows: readonly number[];
  readonly highs: readonly number[];
}

export type Range = readonly [number, number];

export const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

/** Bytes from one index to the next along each axis of a chunk. */
export function strides(layout: Layout): number[] {
  return layout.leaf.map((_, axis) => layout.itemsize * product(layout.leaf.slice(axis + 1)));
}

/** The bytes that are asked for. */
export function wanted(layout: Layout, box: Box): number {
  const bounds = boundsOf(layout, box);
  return layout.itemsize * product(bounds.map(([low, high]) => high - low));
}

function boundsOf(layout: Layout, box: Box): Range[] {
  const [down, across] = layout.axes;
  return layout.shape.map((length, axis): Range =>
    axis === down ? [box.top, box.bottom] : axis === across ? [box.left, box.right] : [0, length]);
}

/** The chunks that the box touches, in C order. */
export function touched(layout: Layout, box: Box): Touched[] {
  const counts = layout.shape.map((length, axis) => Math.ceil(length / (layout.leaf[axis] ?? 1)));
  let found: Touched[] = [{ at: [], leaf: { file: 0, start: 0, stop: 0 }, lows: [], highs: [] }];
  boundsOf(layout, box).forEach(([low, high], axis) => {
    const size = layout.leaf[axis] ?? 1;
    const next: Touched[] = [];
    for (const one of found) {
      for (let place = Math.floor(low / size); place * size < high; place += 1) {
        const lows = [...one.lows, Math.max(low - place * size, 0)];
        next.push({ ...one, at: [...one.at, place], lows, highs: [...one.highs, Math.min(high - place * size, size)] });
      }
    }
    found = next;
  });
  return found.map((one) => {
    const number = one.at.reduce((sum, place, axis) => sum * (counts[axis] ?? 1) + place, 0);
    return { ...one, leaf: layout.leaves[number] ?? one.leaf };
  });
}

/** The selected bytes of a decoded chunk, neighbours merged. */
export function elementRanges(layout: Layout, one: Touched): Range[] {
  let ranges: Range[] = [[0, layout.itemsize]];
  const steps = strides(layout);
  for (let axis = steps.length - 1; axis >= 0; axis -= 1) {
    const next: Range[] = [];
    for (let index = one.lows[axis] ?? 0; index < (one.highs[axis] ?? 0); index += 1) {
      const offset = index * (steps[axis] ?? 0);
      for (const [first, last] of ranges) next.push([first + offset, last + offset]);
    }
    ranges = merged(next);
  }
  return ranges;
}

/** Sorted ranges as few ranges: those that meet are one. */
export function merged(ranges: readonly Range[]): Range[] {
  const found: [number, number][] = [];
  for (const [start, stop] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], stop);
    else found.push([start, stop]);
  }
  return found;
}

/** The blocks of a Blosc chunk that hold selected bytes. */
export function touchedBlocks(layout: Layout, one: Touched): number[] {
  const size = one.leaf.blocksize ?? 1;
  const blocks = new Set<number>();
  for (const [first, last] of elementRanges(layout, one)) {
    for (let block = Math.floor(first / size); block * size < last; block += 1) blocks.add(block);
  }
  return [...blocks];
}
