// The value under the pointer or the keyboard's cursor, and the live count.

import { showCount, showRequests } from "./counter.ts";
import { arrayBytes, chunkCount } from "./geometry.ts";
import type { Looking } from "./looking.ts";
import type { Sight } from "./session.ts";
import { shown } from "./values.ts";
import { elementAt, pan, pixelOf } from "./view.ts";

interface Place {
  readonly px: number;
  readonly py: number;
}

export class Readout {
  readonly #looking: Looking;
  #pointer: Place | null = null;
  #spoken = "";

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  point(place: Place | null): void {
    this.#pointer = place;
    this.#looking.later();
  }

  /** Move the keyboard's cursor, by elements of the level that is drawn, and keep it in sight. */
  step(down: number, across: number): void {
    const { session } = this.#looking;
    const { stage, view } = session;
    const { plane } = session.sight();
    const [tall, wide] = [stage.rows / plane.height, stage.columns / plane.width];
    const from = session.cursor;
    const x = from === null ? Math.floor(view.x) : from.x + across * wide;
    const y = from === null ? Math.floor(view.y) : from.y + down * tall;
    session.cursor = { x: Math.max(0, Math.min(stage.columns - 1, x)), y: Math.max(0, Math.min(stage.rows - 1, y)) };
    this.#pointer = null;
    const { px, py } = pixelOf(stage, view, session.cursor.x + 0.5, session.cursor.y + 0.5);
    const beyond = (at: number, length: number): number => (at < 0 || at > length ? at - length / 2 : 0);
    this.#looking.look(() => pan(stage, view, beyond(px, stage.width), stage.rows === 1 ? 0 : beyond(py, stage.height)));
  }

  show(sight: Sight): void {
    const { parts, session, log, loader, stored } = this.#looking;
    const { cursor, stage, view } = session;
    const at = this.#pointer === null ? cursor : elementAt(stage, view, this.#pointer.px, this.#pointer.py);
    const text = at === null ? "" : this.#words(sight, at.x, at.y);
    parts.value.textContent = text === "" ? "Point at the picture, or press Shift and an arrow key, to read values." : text;
    // Only the keyboard's reader is told: a pointer would never let it finish.
    if (this.#pointer === null && cursor !== null && text !== this.#spoken) parts.spoken.textContent = this.#spoken = text;

    const { levels } = session.source;
    const prefix = `${sight.level.path} `;
    const arrived = [...loader.arrivals].filter(([key]) => key.startsWith(prefix)).map(([, { stored: there }]) => there);
    const fetched = arrived.filter((there) => there).length;
    showCount(parts.counter, {
      fetched, absent: arrived.length - fetched,
      chunks: chunkCount(sight.level.layout),
      of: levels.length > 1 ? ` of level ${sight.number}` : "",
      bytes: log.bytes, stored, requests: log.requests.length,
      values: levels.reduce((sum, { layout }) => sum + arrayBytes(layout), 0),
    });
    showRequests(parts.requests, log);
  }

  #words(sight: Sight, x: number, y: number): string {
    const { session, drawn, loader } = this.#looking;
    const { plane, axes, level, index } = sight;
    const column = Math.floor((x * plane.width) / session.stage.columns + 1e-9);
    const row = axes.down === null ? 0 : Math.floor((y * plane.height) / session.stage.rows + 1e-9);
    if (column < 0 || row < 0 || column >= plane.width || row >= plane.height) return "";
    const [i, j] = [Math.floor(row / plane.chunkDown), Math.floor(column / plane.chunkAcross)];
    const place = level.layout.shape.flatMap((_, axis) => {
      if (axis === axes.colour) return [];
      return [`${session.source.names[axis] ?? ""} ${axis === axes.across ? column : axis === axes.down ? row : (index[axis] ?? 0)}`];
    });
    const patch = drawn.patch(sight, i, j);
    const first = ((row % plane.chunkDown) * (patch?.width ?? 0) + (column % plane.chunkAcross)) * (patch?.channels ?? 1);
    const values = patch === null ? null : Array.from({ length: patch.channels }, (_, channel) => shown(patch.values[first + channel], level.layout.dtype));
    const { stored, failed } = drawn.state(sight, i, j);
    const said = values === null ? (failed ? "could not be read" : loader.idle ? "not fetched" : "on its way") : `= ${values.join(", ")}`;
    const where = axes.down === null ? `chunk ${j}` : `chunk ${i}, ${j}`;
    return `${place.join(", ")} ${said} · ${where}${values !== null && !stored ? ", not stored: the fill value" : ""}`;
  }
}
