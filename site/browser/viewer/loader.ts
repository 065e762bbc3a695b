// Fetches and decodes the chunks that a view wants: a few at once, nearest first, and no longer than they are wanted.

import { explained, isAbort, isFatal, ViewerError } from "./failures.ts";
import { chunkBytes, product } from "./geometry.ts";
import type { Level } from "./opening.ts";
import type { Decoded } from "./plane.ts";
import type { Values } from "./values.ts";

export interface Loaded extends Decoded {
  /** False where the store holds no such chunk, so that all of it is the fill value. */
  readonly stored: boolean;
}

/** A chunk once it is there; kept when its values are dropped. */
export interface Arrival {
  readonly bytes: number;
  readonly stored: boolean;
  readonly at: number;
}

const AT_ONCE = 6;
const KEPT_BYTES = 256e6;

export class ChunkLoader {
  /** By `keyOf`, every chunk that ever arrived. */
  readonly arrivals = new Map<string, Arrival>();
  readonly failures = new Map<string, ViewerError>();
  readonly #kept = new Map<string, Loaded>();
  readonly #running = new Map<string, AbortController>();
  readonly #changed: () => void;
  #queue: { readonly level: Level; readonly coordinates: readonly number[] }[] = [];
  #keptBytes = 0;
  #limit = KEPT_BYTES;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  static keyOf(level: Level, coordinates: readonly number[]): string {
    return `${level.path} ${coordinates.join(",")}`;
  }

  /** A decoded chunk, or undefined where it is not there yet. */
  peek(level: Level, coordinates: readonly number[]): Loaded | undefined {
    const key = ChunkLoader.keyOf(level, coordinates);
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    // The order of a Map is that of use.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found;
  }

  get idle(): boolean {
    return this.#running.size === 0 && this.#queue.length === 0;
  }

  /** From now on, fetch these chunks and no others: what runs for others is cancelled. */
  want(level: Level, wanted: readonly (readonly number[])[]): void {
    const keys = new Set(wanted.map((coordinates) => ChunkLoader.keyOf(level, coordinates)));
    for (const [key, controller] of this.#running) {
      if (!keys.has(key)) controller.abort();
    }
    // What one view needs must fit, or it would be fetched again and again.
    this.#limit = Math.max(KEPT_BYTES, 2 * wanted.length * chunkBytes(level.layout));
    this.#queue = wanted
      .filter((coordinates) => {
        const key = ChunkLoader.keyOf(level, coordinates);
        return !this.#kept.has(key) && !this.#running.has(key) && !this.failures.has(key);
      })
      .map((coordinates) => ({ level, coordinates }));
    this.#next();
  }

  stop(): void {
    this.#queue = [];
    for (const controller of this.#running.values()) controller.abort();
  }

  #next(): void {
    while (this.#running.size < AT_ONCE) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      const key = ChunkLoader.keyOf(job.level, job.coordinates);
      if (this.#running.has(key)) continue;
      const controller = new AbortController();
      this.#running.set(key, controller);
      void this.#load(key, job.level, job.coordinates, controller.signal).finally(() => {
        this.#running.delete(key);
        this.#next();
        this.#changed();
      });
    }
  }

  async #load(key: string, level: Level, coordinates: readonly number[], signal: AbortSignal): Promise<void> {
    const what = `chunk ${coordinates.join(", ") || "0"}${level.path === "" ? "" : ` of level ${level.path}`}`;
    try {
      let bytes: number | null = null;
      const options = { signal, what, received: (count: number) => { bytes = count; } };
      const { data, stride } = await level.array.getChunk([...coordinates], options);
      signal.throwIfAborted();
      const values = asNumbers(data);
      const expected = product(level.layout.chunks);
      if (values.length !== expected) {
        throw new ViewerError("corrupt", `Expected ${expected} values in ${what}, found ${values.length}.`, "The stored chunk is cut, or was written with another shape than the metadata say. Compare it with the source, and write it again.");
      }
      this.#keep(key, { values, stride, stored: bytes !== null });
      this.arrivals.set(key, { bytes: bytes ?? 0, stored: bytes !== null, at: performance.now() });
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      const failure = explained(error, what);
      this.failures.set(key, failure);
      if (isFatal(failure)) this.stop();
    }
  }

  #keep(key: string, chunk: Loaded): void {
    this.#kept.set(key, chunk);
    this.#keptBytes += chunk.values.byteLength;
    for (const [oldest, { values }] of this.#kept) {
      if (this.#keptBytes <= this.#limit || oldest === key) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= values.byteLength;
    }
  }
}

/** zarrita keeps booleans in a class of its own; in memory they are bytes. */
function asNumbers(data: unknown): Values {
  const { buffer, byteOffset, byteLength } = data as Values;
  return ArrayBuffer.isView(data) ? (data as unknown as Values) : new Uint8Array(buffer, byteOffset, byteLength);
}
