// What is looked at: the source, the slice, the level, the view. Says what follows from them; fetches and draws nothing.

import { type Axes, chooseAxes, colourAxis } from "./axes.ts";
import { type Cell, chunksOf, type Plane, planeOf, touched, type Window } from "./geometry.ts";
import type { Level, Source } from "./opening.ts";
import type { Limits } from "./paint.ts";
import { clamp, levelFor, lineStage, seen, type Stage, start, stretchOf, type View, whole } from "./view.ts";

export interface Sight {
  /** Number of the level, and the level itself. */
  readonly number: number;
  readonly level: Level;
  readonly axes: Axes;
  readonly plane: Plane;
  /** Where the sliders stand, in elements of this level; 0 on drawn axes. */
  readonly index: readonly number[];
  readonly window: Window;
}

export class Session {
  readonly source: Source;
  readonly index: number[];
  asColour: boolean;
  chosenLevel: number | null = null;
  fixedLimits: Limits | null = null;
  map = "gray";
  showChunks = true;
  /** The element that the keyboard reads, in the finest level. */
  cursor: { readonly x: number; readonly y: number } | null = null;
  stage: Stage;
  view: View;

  constructor(source: Source, width: number, height: number) {
    this.source = source;
    this.index = this.finest.layout.shape.map((length, axis) => (length > 0 && this.#isDepth(axis) ? Math.floor(length / 2) : 0));
    this.asColour = this.canColour;
    this.stage = this.#stageOf(width, height);
    this.view = this.home();
  }

  get finest(): Level {
    const [level] = this.source.levels;
    if (level === undefined) throw new RangeError("expected a level, found none");
    return level;
  }

  get canColour(): boolean {
    return colourAxis(this.finest.layout, this.source.names, this.source.channel) !== null;
  }

  get axes(): Axes {
    const axes = chooseAxes(this.finest.layout, this.source.names, this.source.channel, this.asColour);
    if (axes === null) throw new RangeError("expected an axis, found none");
    return axes;
  }

  resize(width: number, height: number): void {
    this.stage = this.#stageOf(width, height);
    this.view = clamp(this.stage, this.view);
  }

  home(): View {
    const plane = planeOf(this.finest.layout, this.axes);
    return start(this.stage, this.source.levels.length, plane.rows * plane.columns);
  }

  whole(): View {
    return whole(this.stage);
  }

  /** What the view shows of one level, by default the one that is drawn. */
  sight(number = this.level): Sight {
    const { axes } = this;
    const level = this.source.levels[number] ?? this.finest;
    const plane = planeOf(level.layout, axes);
    return { number, level, axes, plane, index: this.indexIn(level), window: seen(this.stage, this.view, plane.height, plane.width) };
  }

  get level(): number {
    const { across } = this.axes;
    return this.chosenLevel ?? levelFor(this.stage, this.view, this.source.levels.map(({ layout }) => layout.shape[across] ?? 1));
  }

  /** The slice in elements of a level, which may have fewer of them than the finest. */
  indexIn(level: Level): number[] {
    const { sliders } = this.axes;
    const { shape } = this.finest.layout;
    return this.index.map((place, axis) => (sliders.includes(axis) ? Math.floor((place * (level.layout.shape[axis] ?? 1)) / (shape[axis] ?? 1)) : 0));
  }

  /** Every chunk that a sight needs, those in the middle first. */
  static needs({ level, axes, plane, index, window }: Sight): number[][] {
    return touched(plane, window).flatMap((cell: Cell) => chunksOf(level.layout, axes, cell, index));
  }

  // Time and channels begin at their start, depth in its middle, where there is something to see.
  #isDepth(axis: number): boolean {
    return ["z", "depth", "slice"].includes((this.source.names[axis] ?? "").toLowerCase());
  }

  #stageOf(width: number, height: number): Stage {
    const plane = planeOf(this.finest.layout, this.axes);
    if (this.axes.down === null) return lineStage(width, height, plane.width);
    return { width, height, rows: plane.height, columns: plane.width, stretch: stretchOf(plane.height, plane.width) };
  }
}
