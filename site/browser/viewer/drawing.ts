// Draws patches on the stage: coarse levels first, the chosen one over them.

import { type Inks, lit } from "./elements.ts";
import { edges, type Plane, touched } from "./geometry.ts";
import { pixelOf, seen, type Stage, type View } from "./view.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where rows [top, bottom) and columns [left, right) of a level lie on the stage. */
export function boxOf(stage: Stage, view: View, plane: Plane, top: number, bottom: number, left: number, right: number): Box {
  const [down, across] = [stage.rows / plane.height, stage.columns / plane.width];
  const from = pixelOf(stage, view, left * across, top * down);
  const to = pixelOf(stage, view, right * across, bottom * down);
  return { x: from.px, y: from.py, width: to.px - from.px, height: to.py - from.py };
}

/** The part of the stage that a cell covers, edge chunks clipped to the array. */
export function cellBox(stage: Stage, view: View, plane: Plane, i: number, j: number): Box {
  const { chunkDown, chunkAcross } = plane;
  return boxOf(stage, view, plane, i * chunkDown, Math.min(plane.height, (i + 1) * chunkDown), j * chunkAcross, Math.min(plane.width, (j + 1) * chunkAcross));
}

/** Diagonal hairlines: nothing is stored here, or what is says "no data". */
export function hatch(context: CanvasRenderingContext2D, inks: Inks): CanvasPattern | null {
  const unit = new OffscreenCanvas(8, 8);
  const brush = unit.getContext("2d");
  if (brush === null) return null;
  brush.fillStyle = inks.paper;
  brush.fillRect(0, 0, 8, 8);
  brush.strokeStyle = inks.hairline;
  brush.beginPath();
  for (const shift of [-8, 0, 8]) {
    brush.moveTo(shift, 8);
    brush.lineTo(shift + 8, 0);
  }
  brush.stroke();
  return context.createPattern(unit, "repeat");
}

export interface Layer {
  readonly plane: Plane;
  /** The painted cell, or null where it has not arrived. */
  painted(i: number, j: number): CanvasImageSource | null;
}

/** Draw the layers, coarsest first. */
export function drawPicture(context: CanvasRenderingContext2D, stage: Stage, view: View, layers: readonly Layer[], inks: Inks): void {
  const pattern = hatch(context, inks);
  for (const { plane, painted } of layers) {
    for (const { i, j } of touched(plane, seen(stage, view, plane.height, plane.width))) {
      const image = painted(i, j);
      if (image === null) continue;
      const { x, y, width, height } = cellBox(stage, view, plane, i, j);
      // Whole pixels: between neighbours no seam may show.
      const [left, top] = [Math.round(x), Math.round(y)];
      const [across, down] = [Math.round(x + width) - left, Math.round(y + height) - top];
      context.fillStyle = pattern ?? inks.paper;
      context.fillRect(left, top, across, down);
      context.imageSmoothingEnabled = (view.scale * stage.columns) / plane.width < 1;
      context.imageSmoothingQuality = "high";
      context.drawImage(image, left, top, across, down);
    }
  }
}

export interface CellState {
  readonly stored: boolean;
  /** Milliseconds since it arrived. */
  readonly age: number;
  /** The share of its chunks that are there, 0 to 1. */
  readonly share: number;
  readonly failed: boolean;
}

const GLOW_MS = 1100;

/** Draw the grid, and what has been fetched; returns whether something still glows. */
export function drawOverlay(context: CanvasRenderingContext2D, stage: Stage, view: View, plane: Plane, stateOf: (i: number, j: number) => CellState, inks: Inks, still: boolean): boolean {
  const window = seen(stage, view, plane.height, plane.width);
  const { x, y, width, height } = boxOf(stage, view, plane, 0, plane.height, 0, plane.width);
  const line = (step: number | null, steps: number | null, colour: string, wide: number): void => {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    // Lines nearer than three pixels would only hide the picture.
    const [fine, finer] = [(steps ?? 0) * (width / plane.width) < 3, (step ?? 0) * (height / plane.height) < 3];
    for (const edge of steps === null || fine ? [] : edges(steps, window.left, window.right, plane.width)) {
      const at = Math.round(x + (edge / plane.width) * width) + 0.5;
      context.moveTo(at, Math.max(0, y));
      context.lineTo(at, Math.min(stage.height, y + height));
    }
    for (const edge of step === null || finer ? [] : edges(step, window.top, window.bottom, plane.height)) {
      const at = Math.round(y + (edge / plane.height) * height) + 0.5;
      context.moveTo(Math.max(0, x), at);
      context.lineTo(Math.min(stage.width, x + width), at);
    }
    context.stroke();
  };
  line(plane.chunkDown, plane.chunkAcross, inks.hairline, 1);
  let glowing = false;
  for (const { i, j } of touched(plane, window)) {
    const state = stateOf(i, j);
    const box = cellBox(stage, view, plane, i, j);
    if (state.failed) cross(context, box, inks);
    else if (state.share > 0) glowing = outline(context, box, state, lit(inks, i, j, plane.rows, plane.columns), still) || glowing;
  }
  // Ink between paper: seen on dark pictures too.
  line(plane.shardDown, plane.shardAcross, inks.paper, 5);
  line(plane.shardDown, plane.shardAcross, inks.ink, 2);
  context.strokeStyle = inks.ink;
  context.lineWidth = 1;
  context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, Math.round(width) - 1, Math.round(height) - 1);
  return glowing;
}

function outline(context: CanvasRenderingContext2D, box: Box, state: CellState, colour: string, still: boolean): boolean {
  const glow = still ? 0 : Math.max(0, 1 - state.age / GLOW_MS);
  context.fillStyle = colour;
  if (glow > 0 || state.share < 1) {
    // It ignites whole and cools until the values show.
    context.globalAlpha = state.share < 1 ? 0.9 : 0.95 * glow * glow;
    context.fillRect(Math.round(box.x), Math.round(box.y), Math.round(box.width * state.share), Math.round(box.height));
    context.globalAlpha = 1;
  }
  if (box.width > 6 && box.height > 6) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    if (!state.stored) context.setLineDash([4, 4]);
    context.strokeRect(Math.round(box.x) + 1.75, Math.round(box.y) + 1.75, Math.round(box.width) - 2.5, Math.round(box.height) - 2.5);
    context.setLineDash([]);
  }
  return glow > 0;
}

function cross(context: CanvasRenderingContext2D, { x, y, width, height }: Box, inks: Inks): void {
  context.strokeStyle = inks.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + width, y + height);
  context.moveTo(x + width, y);
  context.lineTo(x, y + height);
  context.stroke();
}
