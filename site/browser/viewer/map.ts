// The whole plane in small: chunks as hairline squares, filled once fetched, and a frame where the visitor looks.

import { type Inks, lit } from "./elements.ts";
import { edges, type Plane, type Window } from "./geometry.ts";

export interface MapSize {
  readonly width: number;
  readonly height: number;
}

const TALLEST = 190;
const LEAST = 28;

/** The map's size in CSS pixels in a room of this width. */
export function mapSize(room: number, rows: number, columns: number, stretch: number): MapSize {
  const ratio = (rows * stretch) / columns;
  const width = Math.min(room, Math.max(LEAST, TALLEST / ratio));
  return { width: Math.floor(width), height: Math.floor(Math.min(TALLEST, Math.max(LEAST, width * ratio))) };
}

/** Draw the map. `fetched` gives the share of a cell's chunks that are there. */
export function drawMap(context: CanvasRenderingContext2D, { width, height }: MapSize, plane: Plane, fetched: Iterable<readonly [i: number, j: number, share: number]>, window: Window, inks: Inks): void {
  const [across, down] = [(width - 1) / plane.width, (height - 1) / plane.height];
  const along = (edge: number): number => Math.round(edge * across);
  const below = (edge: number): number => Math.round(edge * down);
  for (const [i, j, share] of fetched) {
    const left = along(j * plane.chunkAcross);
    const right = along(Math.min(plane.width, (j + 1) * plane.chunkAcross));
    const [top, bottom] = [below(i * plane.chunkDown), below(Math.min(plane.height, (i + 1) * plane.chunkDown))];
    context.fillStyle = lit(inks, i, j, plane.rows, plane.columns);
    context.fillRect(left, top, Math.max(1, (right - left) * share), Math.max(1, bottom - top));
  }
  const lines = (rows: number | null, columns: number | null, colour: string): void => {
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    // Lines nearer than three pixels would only darken the map.
    for (const edge of columns !== null && columns * across >= 3 ? edges(columns, 0, plane.width, plane.width) : []) {
      context.moveTo(along(edge) + 0.5, 0);
      context.lineTo(along(edge) + 0.5, height);
    }
    for (const edge of rows !== null && rows * down >= 3 ? edges(rows, 0, plane.height, plane.height) : []) {
      context.moveTo(0, below(edge) + 0.5);
      context.lineTo(width, below(edge) + 0.5);
    }
    context.stroke();
  };
  lines(plane.chunkDown, plane.chunkAcross, inks.hairline);
  lines(plane.shardDown, plane.shardAcross, inks.ink);
  context.strokeStyle = inks.quiet;
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  context.strokeStyle = inks.ink;
  context.lineWidth = 2;
  const [left, top] = [along(window.left), below(window.top)];
  context.strokeRect(left + 1, top + 1, Math.max(3, along(window.right) - left - 1), Math.max(3, below(window.bottom) - top - 1));
}
