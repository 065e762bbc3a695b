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
  const whole = new Uint32Array(pixels.buffer);
  const table = packed(colours);
  const [low, high] = limits;
  const scale = high > low ? 255 / (high - low) : 0;
  const some = missing.length > 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = Number(values[at]);
    if (value !== value || (some && missing.includes(value))) continue;
    const place = scale === 0 ? (value > high ? 255 : value < low ? 0 : 128) : Math.max(0, Math.min(255, Math.round((value - low) * scale)));
    whole[at] = table[place] ?? 0;
  }
  return pixels;
}

/** Each colour, opaque, as one number in the byte order of this machine. */
function packed(colours: Colormap): Uint32Array {
  const bytes = new Uint8Array(1024);
  for (let at = 0; at < 256; at += 1) bytes.set([...colours.subarray(3 * at, 3 * at + 3), 255], 4 * at);
  return new Uint32Array(bytes.buffer);
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
