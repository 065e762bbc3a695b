// Where the drawing is looked at from: a point, and pixels per element. Pure; gestures and keys change it.

import type { Window } from "./geometry.ts";

export interface View {
  /** The element of the finest level in the middle of the stage. */
  readonly x: number;
  readonly y: number;
  /** CSS pixels for one element across; down it is `scale * stretch`. */
  readonly scale: number;
}

/** What does not change while looking: the stage in CSS pixels and the plane in elements of the finest level. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  readonly rows: number;
  readonly columns: number;
  readonly stretch: number;
}

// An element may become this wide before the finer level is worth its bytes.
const COARSEST_PX = 4;
const LARGEST_PX = 64;
// A side is never drawn longer than this many times the other.
const MAX_ASPECT = 3;

/** How much taller than wide elements are drawn, so that thin arrays fill the stage. 1 for most. */
export function stretchOf(rows: number, columns: number): number {
  const aspect = columns / rows;
  if (aspect > MAX_ASPECT) return aspect / MAX_ASPECT;
  return aspect < 1 / MAX_ASPECT ? aspect * MAX_ASPECT : 1;
}

// Of one row, height does not limit the scale.
const FLAT = 1e-6;

/** The stage of an array with one axis: it is as high as the stage, at every scale. */
export const lineStage = (width: number, height: number, columns: number): Stage => ({ width, height, rows: 1, columns, stretch: FLAT });

/** The same stage with its one row drawn as high as it is. */
export const filled = (stage: Stage, view: View): Stage => (stage.stretch === FLAT ? { ...stage, stretch: stage.height / view.scale } : stage);

/** The view in which the whole plane just fits. */
export function whole(stage: Stage): View {
  const scale = Math.min(stage.width / stage.columns, stage.height / (stage.rows * stage.stretch));
  return { x: stage.columns / 2, y: stage.rows / 2, scale };
}

/** Keep some of the plane in sight, and elements from too small to too large. */
export function clamp(stage: Stage, view: View): View {
  const fit = whole(stage).scale;
  const scale = Math.min(Math.max(view.scale, fit), Math.max(LARGEST_PX, fit));
  const held = (place: number, length: number, seen: number): number =>
    seen >= length ? length / 2 : Math.min(Math.max(place, seen / 2), length - seen / 2);
  return {
    x: held(view.x, stage.columns, stage.width / scale),
    y: held(view.y, stage.rows, stage.height / (scale * stage.stretch)),
    scale,
  };
}

/** Move by pixels: positive dx shows what lies to the right. */
export function pan(stage: Stage, view: View, dx: number, dy: number): View {
  return clamp(stage, { ...view, x: view.x + dx / view.scale, y: view.y + dy / (view.scale * stage.stretch) });
}

/** Scale by `factor` so that the element at pixel (px, py) stays where it is. */
export function zoom(stage: Stage, view: View, factor: number, px = stage.width / 2, py = stage.height / 2): View {
  const { x, y } = elementAt(stage, view, px, py);
  const { scale } = clamp(stage, { ...view, scale: view.scale * factor });
  return clamp(stage, { x: x - (px - stage.width / 2) / scale, y: y - (py - stage.height / 2) / (scale * stage.stretch), scale });
}

/** The place, in elements of the finest level, under a pixel of the stage. */
export function elementAt(stage: Stage, view: View, px: number, py: number): { x: number; y: number } {
  return { x: view.x + (px - stage.width / 2) / view.scale, y: view.y + (py - stage.height / 2) / (view.scale * stage.stretch) };
}

export function pixelOf(stage: Stage, view: View, x: number, y: number): { px: number; py: number } {
  return { px: (x - view.x) * view.scale + stage.width / 2, py: (y - view.y) * view.scale * stage.stretch + stage.height / 2 };
}

/** What the stage shows, in elements of a level that has `rows` and `columns`, clipped to it. */
export function seen(stage: Stage, view: View, rows: number, columns: number): Window {
  const [down, across] = [rows / stage.rows, columns / stage.columns];
  const from = elementAt(stage, view, 0, 0);
  const to = elementAt(stage, view, stage.width, stage.height);
  return {
    top: Math.max(0, Math.floor(from.y * down)), bottom: Math.min(rows, Math.ceil(to.y * down)),
    left: Math.max(0, Math.floor(from.x * across)), right: Math.min(columns, Math.ceil(to.x * across)),
  };
}

/** The coarsest level whose elements are still small enough on the stage; `widths` are elements across, finest first. */
export function levelFor(stage: Stage, view: View, widths: readonly number[]): number {
  for (let level = widths.length - 1; level > 0; level -= 1) {
    if ((view.scale * stage.columns) / (widths[level] ?? 1) <= COARSEST_PX) return level;
  }
  return 0;
}

/**
 * Where looking begins: an image in levels as a whole, from a coarse one; an array of many chunks at its middle,
 * so that moving fetches more. `cells` counts the chunks of the plane.
 */
export function start(stage: Stage, levels: number, cells: number): View {
  const all = whole(stage);
  if (levels > 1 || cells <= 4) return all;
  // A share of about a sixth of the plane, and of large planes no more than some two dozen chunks.
  const factor = Math.max(2.5, stage.stretch === FLAT ? cells / 24 : Math.sqrt(cells / 24));
  return clamp(stage, { ...all, scale: all.scale * factor });
}
