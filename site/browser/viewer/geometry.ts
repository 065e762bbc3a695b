// Which chunks a window needs, and where the edges of chunks and shards fall. Pure: numbers in, numbers out.

import type { Axes } from "./axes.ts";
import type { Layout } from "./metadata.ts";
import { itemBytes } from "./support.ts";

/** A part of the drawn plane in elements of one level, [top, bottom) and [left, right). */
export interface Window {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** A chunk's place in the drawn plane, counted in chunks. */
export interface Cell {
  readonly i: number;
  readonly j: number;
}

export interface Plane {
  /** Elements down (1 for a line) and across. */
  readonly height: number;
  readonly width: number;
  readonly chunkDown: number;
  readonly chunkAcross: number;
  readonly shardDown: number | null;
  readonly shardAcross: number | null;
  /** Chunks down and across. */
  readonly rows: number;
  readonly columns: number;
}

export function planeOf(layout: Layout, axes: Axes): Plane {
  const [height, chunkDown] = axes.down === null ? [1, 1] : [layout.shape[axes.down] ?? 1, layout.chunks[axes.down] ?? 1];
  const [width, chunkAcross] = [layout.shape[axes.across] ?? 1, layout.chunks[axes.across] ?? 1];
  return {
    height, width, chunkDown, chunkAcross,
    shardDown: axes.down === null ? null : (layout.shards?.[axes.down] ?? null),
    shardAcross: layout.shards?.[axes.across] ?? null,
    rows: Math.ceil(height / chunkDown), columns: Math.ceil(width / chunkAcross),
  };
}

// A view of more cells than this is neither fetched nor drawn cell by cell.
export const MOST_CELLS = 20_000;

/**
 * The chunks that a window touches, nearest to its middle first: what people look at comes first.
 * None where they are more than `MOST_CELLS`.
 */
export function touched(plane: Plane, window: Window): Cell[] {
  const cells: Cell[] = [];
  if (countTouched(plane, window) > MOST_CELLS) return cells;
  const last = (edge: number, chunk: number, count: number): number => Math.min(count, Math.ceil(edge / chunk));
  for (let i = Math.max(0, Math.floor(window.top / plane.chunkDown)); i < last(window.bottom, plane.chunkDown, plane.rows); i += 1) {
    for (let j = Math.max(0, Math.floor(window.left / plane.chunkAcross)); j < last(window.right, plane.chunkAcross, plane.columns); j += 1) cells.push({ i, j });
  }
  const [middle, centre] = [(window.top + window.bottom) / 2 / plane.chunkDown - 0.5, (window.left + window.right) / 2 / plane.chunkAcross - 0.5];
  const distance = ({ i, j }: Cell): number => (i - middle) ** 2 + (j - centre) ** 2;
  return cells.sort((a, b) => distance(a) - distance(b) || a.i - b.i || a.j - b.j);
}

/** How many chunks a window touches, without listing them. */
export function countTouched(plane: Plane, window: Window): number {
  const along = (from: number, to: number, chunk: number, count: number): number =>
    Math.max(0, Math.min(count, Math.ceil(to / chunk)) - Math.max(0, Math.floor(from / chunk)));
  return along(window.top, window.bottom, plane.chunkDown, plane.rows) * along(window.left, window.right, plane.chunkAcross, plane.columns);
}

/** The coordinates of every chunk behind a cell: one, or one for each chunk along the axis of colour. */
export function chunksOf(layout: Layout, axes: Axes, cell: Cell, index: readonly number[]): number[][] {
  const at = layout.shape.map((_, axis) => {
    if (axis === axes.down) return cell.i;
    if (axis === axes.across) return cell.j;
    return Math.floor((index[axis] ?? 0) / (layout.chunks[axis] ?? 1));
  });
  const { colour } = axes;
  if (colour === null) return [at];
  const count = Math.ceil((layout.shape[colour] ?? 1) / (layout.chunks[colour] ?? 1));
  return Array.from({ length: count }, (_, part) => at.map((place, axis) => (axis === colour ? part : place)));
}

/** Where the lines between cells fall inside of [from, to), in elements. */
export function edges(step: number, from: number, to: number, length: number): number[] {
  const found: number[] = [];
  for (let edge = Math.max(1, Math.ceil(from / step)) * step; edge < Math.min(to, length); edge += step) found.push(edge);
  return found;
}

export const product = (lengths: readonly number[]): number => lengths.reduce((all, length) => all * length, 1);

/** Bytes of one decoded chunk: edge chunks are stored full size. */
export const chunkBytes = (layout: Layout): number => product(layout.chunks) * itemBytes(layout.dtype);

export const arrayBytes = (layout: Layout): number => product(layout.shape) * itemBytes(layout.dtype);

export const chunkCount = (layout: Layout): number =>
  product(layout.shape.map((length, axis) => Math.ceil(length / (layout.chunks[axis] ?? 1))));
