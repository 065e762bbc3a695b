// Cuts the drawn plane out of decoded chunks.

import type { Axes } from "./axes.ts";
import type { Layout } from "./metadata.ts";
import { sameKind, wordsOf, type Values } from "./values.ts";

/** A chunk as a codec pipeline leaves it: strides count elements. */
export interface Decoded {
  readonly values: Values;
  readonly stride: readonly number[];
}

/** A rectangle of the drawn plane in C order, with the values of the colour axis beside each other. */
export interface Patch {
  readonly values: Values;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * The part of the plane that the chunks at `coordinates` hold, clipped to the array.
 *
 * `chunks` are one, or all along the axis of colour in their order.
 */
export function cut(layout: Layout, axes: Axes, index: readonly number[], coordinates: readonly (readonly number[])[], chunks: readonly Decoded[]): Patch {
  const [first] = coordinates;
  const [sample] = chunks;
  if (first === undefined || sample === undefined) throw new RangeError("expected a chunk, found none");
  const clipped = (axis: number | null): number =>
    axis === null ? 1 : Math.min(layout.chunks[axis] ?? 1, (layout.shape[axis] ?? 1) - (first[axis] ?? 0) * (layout.chunks[axis] ?? 1));
  const [height, width] = [clipped(axes.down), clipped(axes.across)];
  const channels = axes.colour === null ? 1 : (layout.shape[axes.colour] ?? 1);
  const values = sameKind(sample.values, height * width * channels);
  const { words: target, each } = wordsOf(values);
  chunks.forEach(({ values: from, stride }, part) => {
    const { words: source } = wordsOf(from);
    const step = (axis: number | null): number => (axis === null ? 0 : (stride[axis] ?? 0));
    const base = axes.sliders.reduce((sum, axis) => sum + ((index[axis] ?? 0) % (layout.chunks[axis] ?? 1)) * step(axis), 0);
    const depth = axes.colour === null ? 1 : (layout.chunks[axes.colour] ?? 1);
    const [down, across, deep] = [step(axes.down), step(axes.across), step(axes.colour)];
    for (let channel = part * depth; channel < Math.min(channels, (part + 1) * depth); channel += 1) {
      for (let row = 0; row < height; row += 1) {
        let at = (base + (channel - part * depth) * deep + row * down) * each;
        let to = (row * width * channels + channel) * each;
        if (across === 1 && channels === 1) {
          target.set(source.subarray(at, at + width * each), to);
          continue;
        }
        for (let column = 0; column < width; column += 1) {
          for (let word = 0; word < each; word += 1) target[to + word] = source[at + word] ?? 0;
          at += across * each;
          to += channels * each;
        }
      }
    }
  });
  return { values, height, width, channels };
}

/** Put a patch at row `top` and column `left` of a plane that is `width` wide. */
export function paste(plane: Values, width: number, patch: Patch, top: number, left: number): void {
  const [from, to] = [wordsOf(patch.values), wordsOf(plane)];
  const run = patch.width * patch.channels * from.each;
  for (let row = 0; row < patch.height; row += 1) {
    to.words.set(from.words.subarray(row * run, (row + 1) * run), ((top + row) * width + left) * patch.channels * from.each);
  }
}
