// What each axis of an array is for in a drawing: down, across, colour, or a slider.

import type { Layout } from "./metadata.ts";

export interface Axes {
  /** null for arrays of one axis, which are drawn as a line. */
  readonly down: number | null;
  readonly across: number;
  readonly colour: number | null;
  readonly sliders: readonly number[];
}

const SPACE = new Set(["x", "y", "z", "t", "lat", "lon", "latitude", "longitude", "time", "row", "column"]);
const COLOUR = new Set(["c", "channel", "channels", "colour", "color", "rgb", "rgba", "band", "bands"]);

/** The axis of red, green and blue: three or four bytes, named so, or the first or last of three without a name of space. */
export function colourAxis(layout: Layout, names: readonly string[], channel: number | null): number | null {
  const { shape, dtype } = layout;
  const rank = shape.length;
  if (dtype !== "uint8" || rank < 3) return null;
  const fits = (axis: number): boolean => shape[axis] === 3 || shape[axis] === 4;
  if (channel !== null) return fits(channel) && shape[channel] === 3 ? channel : null;
  const called = names.findIndex((name, axis) => COLOUR.has(name.toLowerCase()) && fits(axis));
  if (called >= 0) return called;
  const unnamed = (axis: number): boolean => fits(axis) && !SPACE.has((names[axis] ?? "").toLowerCase());
  if (unnamed(rank - 1)) return rank - 1;
  return rank === 3 && unnamed(0) ? 0 : null;
}

/** The last two axes are drawn, whichever colour leaves; the others get sliders. Null for an array without axes. */
export function chooseAxes(layout: Layout, names: readonly string[], channel: number | null, asColour = true): Axes | null {
  const colour = asColour ? colourAxis(layout, names, channel) : null;
  const reserved = colourAxis(layout, names, channel);
  const free = layout.shape.map((_, axis) => axis).filter((axis) => axis !== reserved);
  const across = free.at(-1);
  if (across === undefined) return null;
  const down = free.at(-2) ?? null;
  const sliders = layout.shape.map((_, axis) => axis).filter((axis) => axis !== across && axis !== down && axis !== colour);
  return { down, across, colour, sliders };
}
