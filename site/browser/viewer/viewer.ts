// Opens an address in a skeleton that already stands in the page. Loaded on a click, with zarrita.

import { explained, isAbort } from "./failures.ts";
import { decimal, RequestLog } from "./log.ts";
import { Looking, type Stored } from "./looking.ts";
import { hideNotice, showFailure } from "./notice.ts";
import { Holdings, openSource, type Source } from "./opening.ts";
import { arrayBytes, product } from "./geometry.ts";
import { type Colormap, GRAY, readColormaps } from "./paint.ts";
import type { Parts } from "./skeleton.ts";
import { CheckedStore } from "./store.ts";
import { shown } from "./values.ts";

export interface Opening {
  readonly address: URL;
  /** The metadata file known to be there; null where that is for the viewer to find out. */
  readonly first: string | null;
  readonly stored: Stored;
  /** Names for axes where the array has none; null where the page has none either. */
  readonly names: readonly string[] | null;
  /** Where the site keeps the exported colormaps. */
  readonly colormaps: URL;
  /** Called with the address of an array that the visitor chose from a group. */
  readonly chosen?: (address: URL) => void;
}

/** Open the address and show it in `parts`; returns the clean-up. */
export function start(parts: Parts, opening: Opening): () => void {
  const abort = new AbortController();
  void open(parts, opening, abort.signal);
  return () => abort.abort();
}

async function open(parts: Parts, opening: Opening, signal: AbortSignal): Promise<void> {
  let looking: Looking | null = null;
  const store = new CheckedStore(opening.address, new RequestLog(() => looking?.later()));
  hideNotice(parts.notice);
  try {
    const [source, maps] = await Promise.all([openSource(store, signal, opening.first, opening.names), fetchColormaps(opening.colormaps, signal)]);
    signal.throwIfAborted();
    parts.facts.textContent = facts(source);
    if (await showSmall(parts, source, signal)) return;
    looking = new Looking(parts, source, store, opening.stored, maps, signal);
    parts.stage.focus({ preventScroll: true });
  } catch (error) {
    if (signal.aborted || isAbort(error)) return;
    parts.facts.textContent = opening.address.href;
    const choices = error instanceof Holdings ? error.arrays.slice(0, 24).map((name) => ({ label: name, act: () => opening.chosen?.(new URL(`${name}/`, opening.address)) })) : [];
    const again = { label: "Try again", act: () => void open(parts, opening, signal) };
    showFailure(parts.notice, explained(error, "the metadata"), opening.chosen === undefined || choices.length === 0 ? [again] : choices);
  }
}

/** Say in one line what has been opened. */
function facts({ levels, names }: Source): string {
  const [finest] = levels;
  if (finest === undefined) return "";
  const { layout } = finest;
  const shape = layout.shape.map((length, axis) => `${names[axis]?.startsWith("axis ") === true ? "" : `${names[axis] ?? ""} `}${length.toLocaleString("en")}`).join(" × ");
  const many = levels.length > 1 ? `${levels.length} levels, the finest ` : "";
  const codecs = layout.codecs.filter((name) => name !== "bytes").join(", ");
  return `${many}${shape} · ${layout.dtype} · Zarr ${layout.format} · ${codecs === "" ? "uncompressed" : codecs} · ${decimal(arrayBytes(layout))} of values`;
}

/** Arrays without an axis, or without elements, are told rather than drawn. */
async function showSmall(parts: Parts, { levels }: Source, signal: AbortSignal): Promise<boolean> {
  const [level] = levels;
  if (level === undefined || (level.layout.shape.length > 0 && product(level.layout.shape) > 0)) return false;
  if (product(level.layout.shape) === 0) parts.value.textContent = "The array has no elements.";
  else {
    const { data } = await level.array.getChunk([], { signal });
    const [value] = data as Iterable<number | bigint>;
    parts.value.textContent = `The array has no axes; its value is ${shown(value, level.layout.dtype)}.`;
  }
  parts.root.dataset["bzReady"] = "";
  return true;
}

async function fetchColormaps(from: URL, signal: AbortSignal): Promise<ReadonlyMap<string, Colormap>> {
  const response = await fetch(from, { signal }).catch(() => null);
  // Without them the picture is gray, which is what it begins with.
  if (response?.ok !== true) return new Map([["gray", GRAY]]);
  return readColormaps((await response.json()) as Record<string, string>);
}
