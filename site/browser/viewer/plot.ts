// An array of one axis as a line. Where nothing has been fetched, the line is not there.

import type { Inks } from "./elements.ts";
import type { Plane } from "./geometry.ts";
import type { Limits } from "./paint.ts";
import { pixelOf, seen, type Stage, type View } from "./view.ts";

const ROOM = 22;

/** The value at an index: null where there is none, undefined where its chunk is not there. */
export type ValueAt = (index: number) => number | null | undefined;

/**
 * Points of a polyline: the least and greatest value of each pixel where there are many to one, else each value.
 * What lies in a chunk that is not there is passed over at once; `chunk` is its length.
 */
export function tracePoints(from: number, to: number, perPixel: number, chunk: number, valueAt: ValueAt): (readonly [index: number, value: number] | null)[] {
  const points: (readonly [number, number] | null)[] = [];
  if (perPixel <= 2) {
    for (let index = from; index < to; index += 1) {
      const value = valueAt(index) ?? null;
      points.push(value === null ? null : [index, value]);
    }
    return points;
  }
  for (let first = from; first < to; first += perPixel) {
    let [low, high]: [readonly [number, number] | null, readonly [number, number] | null] = [null, null];
    for (let index = Math.ceil(first); index < Math.min(to, first + perPixel); index += 1) {
      const value = valueAt(index);
      if (value === undefined) index = (Math.floor(index / chunk) + 1) * chunk - 1;
      if (value === null || value === undefined) continue;
      if (low === null || value < low[1]) low = [index, value];
      if (high === null || value > high[1]) high = [index, value];
    }
    if (low === null || high === null) points.push(null);
    else points.push(...(low[0] <= high[0] ? [low, high] : [high, low]));
  }
  return points;
}

/** Where a value stands on the stage, in pixels from its top. */
export function heightOf(stage: Stage, value: number, [low, high]: Limits): number {
  const room = stage.height - 2 * ROOM;
  return high > low ? ROOM + room * (1 - (value - low) / (high - low)) : stage.height / 2;
}

/** Draw the line. */
export function drawPlot(context: CanvasRenderingContext2D, stage: Stage, view: View, plane: Plane, limits: Limits, valueAt: ValueAt, inks: Inks): void {
  const window = seen(stage, view, 1, plane.width);
  context.strokeStyle = inks.hairline;
  context.fillStyle = inks.quiet;
  context.lineWidth = 1;
  context.font = "12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";
  for (const value of limits) {
    const y = Math.round(heightOf(stage, value, limits)) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(stage.width, y);
    context.stroke();
    context.fillText(String(Number(value.toPrecision(6))), 6, value === limits[0] ? y + 15 : y - 6);
  }
  context.strokeStyle = inks.ink;
  context.lineWidth = view.scale > 6 ? 2 : 1.5;
  context.lineJoin = "round";
  context.beginPath();
  let broken = true;
  for (const point of tracePoints(window.left, window.right, 1 / view.scale, plane.chunkAcross, valueAt)) {
    if (point === null) {
      broken = true;
      continue;
    }
    const [index, value] = point;
    const { px } = pixelOf(stage, view, index + 0.5, 0);
    const y = heightOf(stage, Math.max(limits[0], Math.min(limits[1], value)), limits);
    if (broken) context.moveTo(px, y);
    else context.lineTo(px, y);
    if (view.scale > 9) {
      context.rect(px - 1.5, y - 1.5, 3, 3);
      context.moveTo(px, y);
    }
    broken = false;
  }
  context.stroke();
}
