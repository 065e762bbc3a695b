// The viewer at work on an open source: wishes change the session, the session says what is needed, what arrives is drawn.

import { buildControls, type Controls } from "./controls.ts";
import { Drawn } from "./drawn.ts";
import { ask, enough } from "./consent.ts";
import { isFatal } from "./failures.ts";
import { listen, listenToMap } from "./gestures.ts";
import { hook } from "./hook.ts";
import { ChunkLoader } from "./loader.ts";
import type { RequestLog } from "./log.ts";
import { hideNotice, showFailure, showTrouble } from "./notice.ts";
import type { Source } from "./opening.ts";
import type { Colormap } from "./paint.ts";
import { paintAll } from "./picture.ts";
import { Readout } from "./readout.ts";
import { Session } from "./session.ts";
import type { Parts } from "./skeleton.ts";
import type { CheckedStore } from "./store.ts";
import { clamp, pan, zoom } from "./view.ts";

/** Bytes of all that the store holds, metadata included; null where nobody told. */
export type Stored = number | null;

export class Looking {
  readonly session: Session;
  readonly loader = new ChunkLoader(() => this.later());
  readonly drawn = new Drawn(this.loader);
  readonly parts: Parts;
  readonly store: CheckedStore;
  readonly stored: Stored;
  readonly maps: ReadonlyMap<string, Colormap>;
  /** The most that the visitor has agreed to fetch at once. */
  agreed = { chunks: 0, bytes: 0 };
  #controls: Controls;
  readonly #readout: Readout;
  #frame = 0;

  constructor(parts: Parts, source: Source, store: CheckedStore, stored: Stored, maps: ReadonlyMap<string, Colormap>, signal: AbortSignal) {
    this.maps = maps;
    this.parts = parts;
    this.store = store;
    this.stored = stored;
    this.session = new Session(source, parts.stage.clientWidth, parts.stage.clientHeight);
    this.#readout = new Readout(this);
    this.#controls = this.#build();
    listen(parts.stage, this.#wishes(), signal);
    listenToMap(parts.map, (x, y) => this.look(({ stage, view }) => clamp(stage, { ...view, x: x * stage.columns, y: y * stage.rows })), signal);
    const watcher = new ResizeObserver(() => {
      this.session.resize(parts.stage.clientWidth, parts.stage.clientHeight);
      this.#go();
    });
    watcher.observe(parts.stage);
    // The scheme of the page may be switched while the viewer is open.
    const scheme = new MutationObserver(() => this.later());
    scheme.observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
    parts.requests.addEventListener("toggle", () => this.later(), { signal });
    signal.addEventListener("abort", () => {
      watcher.disconnect();
      scheme.disconnect();
      cancelAnimationFrame(this.#frame);
      this.loader.stop();
    });
    hook(parts.root, this);
    this.#go();
  }

  get log(): RequestLog {
    return this.store.log;
  }

  /** Draw in the next frame. */
  later(): void {
    this.parts.root.dataset["bzIdle"] = "false";
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** Fetch what the session needs now, unless the visitor must agree first. */
  fetch(): void {
    const sight = this.session.sight();
    const needs = Session.needs(sight);
    if (!enough(this, sight, needs)) {
      this.loader.want(sight.level, []);
      ask(this, sight, needs);
    } else {
      if (this.parts.notice.dataset["bzFailure"] === undefined) hideNotice(this.parts.notice);
      this.loader.want(sight.level, needs);
    }
  }

  #go(): void {
    this.fetch();
    this.later();
  }

  /** Look from another place; `change` gives the new view. */
  look(change: (session: Session) => Session["view"]): void {
    this.session.view = change(this.session);
    this.#go();
  }

  #draw(): void {
    this.#frame = 0;
    const { session, parts } = this;
    const glowing = paintAll(this, this.#controls);
    const sight = session.sight();
    for (const axis of session.axes.sliders) this.#controls.showSlice(axis, session.index[axis] ?? 0);
    this.#controls.showLevel(sight.number, session.chosenLevel !== null);
    this.#controls.showLimits(session.fixedLimits ?? this.drawn.range);
    this.#readout.show(sight);
    const failures = [...this.loader.failures.values()];
    const fatal = failures.find(isFatal);
    if (fatal !== undefined) showFailure(parts.notice, fatal, [{ label: "Try again", act: () => this.#again() }]);
    else showTrouble(parts.trouble, failures, () => this.#again());
    // For tests: all that is wanted is there, and drawn.
    parts.root.dataset["bzIdle"] = String(this.loader.idle);
    // What has just arrived cools down.
    if (glowing) this.later();
  }

  #again(): void {
    this.loader.failures.clear();
    hideNotice(this.parts.notice);
    this.#go();
  }

  #build(): Controls {
    const { session, maps } = this;
    const { names, levels } = session.source;
    const { shape } = session.finest.layout;
    const { sliders, down, across } = session.axes;
    const controls = buildControls(this.parts.sliders, this.parts.controls, {
      sliders: sliders.map((axis) => ({ axis, name: names[axis] ?? "", length: shape[axis] ?? 1 })),
      levels: levels.map(({ layout }) => [down, across].map((axis) => (axis === null ? 1 : (layout.shape[axis] ?? 1)).toLocaleString("en")).join(" × ")),
      maps: [...maps.keys()], colour: session.canColour, line: down === null,
    }, {
      slice: (axis, index) => this.slice(axis, index),
      level: (level) => { session.chosenLevel = level; this.#go(); },
      map: (name) => { session.map = name; this.later(); },
      colour: (on) => this.colour(on),
      limits: (limits) => { session.fixedLimits = limits; this.later(); },
      chunks: () => this.#toggleChunks(),
    });
    controls.showColour(session.asColour);
    controls.showChunks(session.showChunks);
    return controls;
  }

  slice(axis: number, index: number): void {
    this.session.index[axis] = Math.max(0, Math.min((this.session.finest.layout.shape[axis] ?? 1) - 1, index));
    this.#go();
  }

  /** Draw the axis of colour as colour, or give it a slider. */
  colour(on: boolean): void {
    this.session.asColour = on;
    this.#controls = this.#build();
    // The switch was made anew with the sliders.
    this.parts.controls.querySelector<HTMLElement>(".bz-viewer-switches input")?.focus();
    this.#go();
  }

  #toggleChunks(): void {
    this.session.showChunks = !this.session.showChunks;
    this.#controls.showChunks(this.session.showChunks);
    this.later();
  }

  #wishes(): Parameters<typeof listen>[1] {
    return {
      move: (dx, dy) => this.look(({ stage, view }) => pan(stage, view, dx, dy)),
      near: (factor, px, py) => this.look(({ stage, view }) => zoom(stage, view, factor, px, py)),
      whole: () => this.look((session) => session.whole()),
      home: () => this.look((session) => session.home()),
      point: (place) => this.#readout.point(place),
      step: (down, across) => this.#readout.step(down, across),
      slice: (by) => {
        const [axis] = this.session.axes.sliders;
        if (axis !== undefined) this.slice(axis, (this.session.index[axis] ?? 0) + by);
      },
      toggleChunks: () => this.#toggleChunks(),
    };
  }
}
