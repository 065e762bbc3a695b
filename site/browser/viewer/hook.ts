// For tests and for the console: `document.querySelector("[data-bz-viewer]").bzViewer` gives the values that are drawn.

import { paste } from "./plane.ts";
import type { Looking } from "./looking.ts";
import { chunksOf, touched } from "./geometry.ts";
import { sameKind } from "./values.ts";

/** The whole plane of the level and slice that are drawn, in C order: rows, columns, and channels where colour is drawn. */
export interface WholePlane {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly bytes: Uint8Array;
}

export interface Hook {
  readonly levels: number;
  /** The axes that have sliders. */
  readonly sliders: readonly number[];
  /** Fetch what is missing of the plane, without asking, and give all of it. */
  plane(): Promise<WholePlane>;
  slice(axis: number, index: number): void;
  level(level: number | null): void;
}

declare global {
  interface HTMLElement {
    bzViewer?: Hook;
  }
}

export function hook(root: HTMLElement, looking: Looking): void {
  const { session } = looking;
  root.bzViewer = {
    levels: session.source.levels.length,
    get sliders() {
      return session.axes.sliders;
    },
    plane: () => wholePlane(looking),
    slice: (axis, index) => looking.slice(axis, index),
    level(level) {
      session.chosenLevel = level;
      looking.fetch();
    },
  };
  root.dataset["bzReady"] = "";
}

async function wholePlane({ session, loader, drawn }: Looking): Promise<WholePlane> {
  const sight = session.sight();
  const { plane, level, axes, index } = sight;
  const cells = touched(plane, { top: 0, left: 0, bottom: plane.height, right: plane.width });
  const needs = cells.flatMap((cell) => chunksOf(level.layout, axes, cell, index));
  loader.want(level, needs);
  while (!loader.idle) await new Promise(requestAnimationFrame);
  const failure = [...loader.failures.values()][0];
  if (failure !== undefined) throw failure;
  const patches = cells.map(({ i, j }) => ({ i, j, patch: drawn.patch(sight, i, j) }));
  const sample = patches[0]?.patch;
  if (sample === null || sample === undefined) throw new RangeError("expected an array with elements, found none");
  const values = sameKind(sample.values, plane.height * plane.width * sample.channels);
  for (const { i, j, patch } of patches) {
    if (patch !== null) paste(values, plane.width, patch, i * plane.chunkDown, j * plane.chunkAcross);
  }
  const drawnShape = axes.down === null ? [plane.width] : [plane.height, plane.width];
  return {
    shape: sample.channels > 1 ? [...drawnShape, sample.channels] : drawnShape,
    dtype: level.layout.dtype,
    bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}
