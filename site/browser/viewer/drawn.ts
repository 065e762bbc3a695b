// Cells as they are drawn: cut from decoded chunks once, painted again when limits or colours change.

import { chunksOf } from "./geometry.ts";
import { ChunkLoader, type Loaded } from "./loader.ts";
import { type Colormap, type Limits, paintColour, paintNumbers } from "./paint.ts";
import { cut, type Patch } from "./plane.ts";
import type { Sight } from "./session.ts";
import { extent, hasHoles } from "./values.ts";

interface Cell {
  readonly patch: Patch;
  readonly blank: boolean;
  image: OffscreenCanvas | null;
  style: string;
}

const KEPT_BYTES = 192e6;

export class Drawn {
  /** Least and greatest of all values cut so far; null before there are any. */
  range: Limits | null = null;
  /** Whether any cell so far has elements without a value. */
  someAbsent = false;
  readonly #loader: ChunkLoader;
  readonly #cells = new Map<string, Cell>();
  #bytes = 0;

  constructor(loader: ChunkLoader) {
    this.#loader = loader;
  }

  patch(sight: Sight, i: number, j: number): Patch | null {
    return this.#cell(sight, i, j)?.patch ?? null;
  }

  /** The painted cell, or null where a chunk of it is missing. */
  image(sight: Sight, i: number, j: number, limits: Limits, map: string, colours: Colormap): OffscreenCanvas | null {
    const cell = this.#cell(sight, i, j);
    if (cell === null) return null;
    const { patch } = cell;
    const style = patch.channels > 1 ? "" : `${map} ${limits.join(" ")}`;
    if (cell.image !== null && cell.style === style) return cell.image;
    const image = cell.image ?? new OffscreenCanvas(patch.width, patch.height);
    const context = image.getContext("2d");
    // What no chunk holds is no picture: the pattern below it shows.
    if (context !== null && !cell.blank) {
      const pixels = patch.channels > 1 ? paintColour(patch) : paintNumbers(patch, limits, colours, sight.level.layout.missing);
      context.putImageData(new ImageData(pixels, patch.width, patch.height), 0, 0);
    }
    Object.assign(cell, { image, style });
    return image;
  }

  /** Chunks of a cell that are there, that failed, and that are in no store; `at` is when the last one came. */
  state(sight: Sight, i: number, j: number): { share: number; failed: boolean; stored: boolean; at: number } {
    const keys = chunksOf(sight.level.layout, sight.axes, { i, j }, sight.index).map((coordinates) => ChunkLoader.keyOf(sight.level, coordinates));
    const arrived = keys.map((key) => this.#loader.arrivals.get(key)).filter((arrival) => arrival !== undefined);
    return {
      share: arrived.length / keys.length,
      failed: keys.some((key) => this.#loader.failures.has(key)),
      stored: arrived.some(({ stored }) => stored),
      at: Math.max(0, ...arrived.map(({ at }) => at)),
    };
  }

  #cell(sight: Sight, i: number, j: number): Cell | null {
    const { level, axes, index } = sight;
    const key = `${level.path} ${i},${j} ${index.join(",")} ${axes.colour ?? ""}`;
    const found = this.#cells.get(key);
    if (found !== undefined) {
      this.#cells.delete(key);
      this.#cells.set(key, found);
      return found;
    }
    const coordinates = chunksOf(level.layout, axes, { i, j }, index);
    const chunks = coordinates.map((place) => this.#loader.peek(level, place));
    if (!chunks.every((chunk): chunk is Loaded => chunk !== undefined)) return null;
    const patch = cut(level.layout, axes, index, coordinates, chunks);
    const cell = { patch, blank: chunks.every(({ stored }) => !stored), image: null, style: "" };
    const range = cell.blank || patch.channels > 1 ? null : extent(patch.values, level.layout.missing);
    if (cell.blank || hasHoles(patch.values, level.layout.missing)) this.someAbsent = true;
    if (range !== null) this.range = this.range === null ? range : [Math.min(this.range[0], range[0]), Math.max(this.range[1], range[1])];
    this.#keep(key, cell);
    return cell;
  }

  #keep(key: string, cell: Cell): void {
    const size = ({ patch }: Cell): number => patch.values.byteLength + 4 * patch.width * patch.height;
    this.#cells.set(key, cell);
    this.#bytes += size(cell);
    for (const [oldest, each] of this.#cells) {
      if (this.#bytes <= KEPT_BYTES || oldest === key) break;
      this.#cells.delete(oldest);
      this.#bytes -= size(each);
    }
  }
}
