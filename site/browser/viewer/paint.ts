// Values to pixels: a colormap between two limits, or red, green and blue as they are.

import type { Patch } from "./plane.ts";

export type Limits = readonly [low: number, high: number];

/** 256 colours, three bytes each. */
export type Colormap = Uint8Array;

/** Colormaps from the JSON that the site's build exports: six hexadecimal digits for each of 256 colours. */
export function readColormaps(data: Record<string, string>): Map<string, Colormap> {
  return new Map(Object.entries(data).map(([name, digits]) => [name, Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))]));
}

/** Black to white: what is there before, or without, the exported colormaps. */
export const GRAY: Colormap = Uint8Array.from({ length: 768 }, (_, at) => Math.floor(at / 3));

/** RGBA of a patch of numbers. NaN and `missing` values stay transparent; infinities take the ends of the colormap. */
export function paintNumbers(patch: Patch, limits: Limits, colours: Colormap, missing: readonly number[]): Uint8ClampedArray<ArrayBuffer> {
  const { values } = patch;
  const pixels = new Uint8ClampedArray(values.length * 4);
  const [low, high] = limits;
  const scale = high > low ? 255 / (high - low) : 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = Number(values[at]);
    if (Number.isNaN(value) || missing.includes(value)) continue;
    const place = scale === 0 ? (value > high ? 255 : value < low ? 0 : 128) : Math.max(0, Math.min(255, Math.round((value - low) * scale)));
    pixels[at * 4] = colours[place * 3] ?? 0;
    pixels[at * 4 + 1] = colours[place * 3 + 1] ?? 0;
    pixels[at * 4 + 2] = colours[place * 3 + 2] ?? 0;
    pixels[at * 4 + 3] = 255;
  }
  return pixels;
}

/** RGBA of a patch with three or four bytes for each element. */
export function paintColour({ values, channels }: Patch): Uint8ClampedArray<ArrayBuffer> {
  const count = values.length / channels;
  const pixels = new Uint8ClampedArray(count * 4);
  for (let at = 0; at < count; at += 1) {
    for (let channel = 0; channel < 4; channel += 1) pixels[at * 4 + channel] = channel < channels ? Number(values[at * channels + channel]) : 255;
  }
  return pixels;
}
