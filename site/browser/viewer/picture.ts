// One frame: the values, the grid over them, the map beside them and the strips above the sliders.

import type { Controls } from "./controls.ts";
import { type CellState, drawOverlay, drawPicture, type Layer } from "./drawing.ts";
import { inksOf, type Inks, sized } from "./elements.ts";
import { countTouched, MOST_CELLS, type Plane, touched } from "./geometry.ts";
import type { Looking } from "./looking.ts";
import { drawMap, mapSize } from "./map.ts";
import { GRAY, type Limits } from "./paint.ts";
import type { Patch } from "./plane.ts";
import { drawPlot, type ValueAt } from "./plot.ts";
import type { Sight } from "./session.ts";
import { drawStrip } from "./strip.ts";
import { filled, pixelOf } from "./view.ts";

const ALL: Limits = [0, 1];

/** Draw everything; returns whether something still glows. */
export function paintAll(looking: Looking, controls: Controls): boolean {
  const { parts, session } = looking;
  const inks = inksOf(parts.root);
  const sight = session.sight();
  const stage = filled(session.stage, session.view);
  const picture = sized(parts.picture, stage.width, stage.height);
  const overlay = sized(parts.overlay, stage.width, stage.height);
  if (picture === null || overlay === null) return false;

  // Limits follow all values that are there, so that these are cut before any is painted.
  for (const { i, j } of touched(sight.plane, sight.window)) looking.drawn.patch(sight, i, j);
  const limits = session.fixedLimits ?? looking.drawn.range ?? ALL;
  if (sight.axes.down === null) {
    // Of so many chunks none has been fetched for this view.
    if (countTouched(sight.plane, sight.window) <= MOST_CELLS) drawPlot(picture, stage, session.view, sight.plane, limits, numbersOf(looking, sight), inks);
  } else drawPicture(picture, stage, session.view, layers(looking, sight, limits), inks);

  let glowing = false;
  if (session.showChunks) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    glowing = drawOverlay(overlay, stage, session.view, sight.plane, (i, j) => stateOf(looking, sight, i, j), inks, still);
  }
  if (session.cursor !== null) drawCursor(overlay, looking, sight, inks);
  paintMap(looking, sight, inks);
  for (const axis of sight.axes.sliders) drawStrip(controls.strip(axis), looking.loader, sight, axis, inks);
  return glowing;
}

// Coarser levels stay below the one that is drawn until its chunks are there.
function layers(looking: Looking, sight: Sight, limits: Limits): Layer[] {
  const { session, drawn, maps } = looking;
  const colours = maps.get(session.map) ?? GRAY;
  const numbers = session.source.levels.map((_, number) => number).filter((number) => number >= sight.number).reverse();
  return numbers.map((number) => {
    const of = number === sight.number ? sight : session.sight(number);
    return { plane: of.plane, painted: (i, j) => drawn.image(of, i, j, limits, session.map, colours) };
  });
}

function stateOf(looking: Looking, sight: Sight, i: number, j: number): CellState {
  const { at, ...state } = looking.drawn.state(sight, i, j);
  return { ...state, age: performance.now() - at };
}

function numbersOf(looking: Looking, sight: Sight): ValueAt {
  const { chunkAcross } = sight.plane;
  const { missing } = sight.level.layout;
  let [chunk, patch]: [number, Patch | null] = [-1, null];
  return (index) => {
    // Neighbours ask for the same chunk; looking it up each time would cost more than drawing.
    const wanted = Math.floor(index / chunkAcross);
    if (wanted !== chunk) [chunk, patch] = [wanted, looking.drawn.patch(sight, 0, wanted)];
    if (patch === null) return undefined;
    const value = Number(patch.values[index % chunkAcross] ?? NaN);
    return Number.isFinite(value) && !missing.includes(value) ? value : null;
  };
}

function drawCursor(context: CanvasRenderingContext2D, looking: Looking, sight: Sight, inks: Inks): void {
  const { session } = looking;
  const { cursor, view } = session;
  if (cursor === null) return;
  const stage = filled(session.stage, view);
  const { px, py } = pixelOf(stage, view, cursor.x + 0.5, sight.axes.down === null ? 0.5 : cursor.y + 0.5);
  // Ink on paper on ink: seen on any picture.
  for (const [colour, width] of [[inks.paper, 3], [inks.ink, 1]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      context.moveTo(px + 4 * dx, py + 4 * dy);
      context.lineTo(px + 16 * dx, py + 16 * dy);
    }
    context.stroke();
  }
}

/** The share of each cell's chunks that are there, of the slice that is drawn. */
function* fetchedCells(looking: Looking, sight: Sight, plane: Plane): Generator<readonly [number, number, number]> {
  const { axes, level, index } = sight;
  const prefix = `${level.path} `;
  const parts = axes.colour === null ? 1 : Math.ceil((level.layout.shape[axes.colour] ?? 1) / (level.layout.chunks[axes.colour] ?? 1));
  const shares = new Map<number, number>();
  for (const [key, { stored }] of looking.loader.arrivals) {
    if (!stored || !key.startsWith(prefix)) continue;
    const at = key.slice(prefix.length).split(",").map(Number);
    if (axes.sliders.some((axis) => at[axis] !== Math.floor((index[axis] ?? 0) / (level.layout.chunks[axis] ?? 1)))) continue;
    const place = (axes.down === null ? 0 : (at[axes.down] ?? 0)) * plane.columns + (at[axes.across] ?? 0);
    shares.set(place, (shares.get(place) ?? 0) + 1 / parts);
  }
  for (const [place, share] of shares) yield [Math.floor(place / plane.columns), place % plane.columns, share];
}

function paintMap(looking: Looking, sight: Sight, inks: Inks): void {
  const { map, mapLabel } = looking.parts;
  const { plane, window, axes } = sight;
  const room = map.parentElement?.clientWidth ?? 0;
  if (room === 0) return;
  const stretch = axes.down === null ? 0 : (looking.session.stage.stretch * looking.session.stage.rows * plane.width) / (looking.session.stage.columns * plane.height);
  const size = mapSize(room, plane.height, plane.width, stretch);
  map.style.width = `${size.width}px`;
  map.style.height = `${size.height}px`;
  const context = sized(map, size.width, size.height);
  if (context !== null) drawMap(context, size, plane, fetchedCells(looking, sight, plane), window, inks);
  const [chunk, shard] = axes.down === null
    ? [`${plane.chunkAcross}`, plane.shardAcross === null ? null : `${plane.shardAcross}`]
    : [`${plane.chunkDown} × ${plane.chunkAcross}`, plane.shardDown === null ? null : `${plane.shardDown} × ${plane.shardAcross}`];
  const holes = axes.down === null ? " Gaps in the line: no values." : " Hatched: nothing is stored there, or the values say so.";
  const hatched = looking.drawn.someAbsent ? holes : "";
  const text = `Chunks of ${chunk}${shard === null ? "" : `, dark lines are shards of ${shard}`}. The frame is what you see.${hatched}`;
  if (mapLabel.textContent !== text) mapLabel.textContent = text;
}
