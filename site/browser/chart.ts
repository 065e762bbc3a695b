// Charts for those with scripts: drawn by uPlot over the drawing that was built, from the numbers in the table.

import type uPlot from "uplot";

import { dots, type Limit } from "./chart-dots.ts";
import { inks } from "./chart-draw.ts";
import { HEIGHT, lines, type Track } from "./chart-lines.ts";
import { numberText, tipLines, type Kind, type Mark, type State } from "./chart-model.ts";
import { tip } from "./chart-tip.ts";

const number = (text: string | undefined): number | null => (text === undefined || text === "" ? null : Number(text));

const numbers = (text: string | undefined): (number | null)[] => (text ?? "").split(",").map(number);

function readMarks(table: HTMLElement): Mark[] {
  return [...table.querySelectorAll<HTMLElement>("tr[data-bz-mark]")].map(({ dataset }) => ({
    group: dataset["group"] ?? "", series: dataset["bzSeries"] ?? "", name: dataset["name"] ?? "",
    state: dataset["state"] ?? "", verdict: dataset["verdict"] ?? "", ours: dataset["colour"] === "0",
    exact: dataset["exact"] !== undefined,
    value: number(dataset["value"]), low: number(dataset["low"]), high: number(dataset["high"]),
  }));
}

function readTracks(table: HTMLElement, group: string): Track[] {
  const rows = [...table.querySelectorAll<HTMLElement>("tr[data-bz-track]")].filter((row) => row.dataset["group"] === group);
  return rows.map(({ dataset }) => ({
    series: dataset["bzSeries"] ?? "", name: dataset["name"] ?? "", ours: dataset["colour"] === "0",
    colour: Number(dataset["colour"]), values: numbers(dataset["values"]), lows: numbers(dataset["lows"]), highs: numbers(dataset["highs"]),
  }));
}

// uPlot lays itself out after it was made, so places are asked for when they are needed.
interface Step { readonly title: string; readonly lines: readonly string[]; readonly x: () => number; readonly y: number }
interface Made { readonly plot: uPlot; readonly steps: readonly (Step | null)[] }
type Plot = typeof uPlot;

function makeDots(UPlot: Plot, host: HTMLElement, table: HTMLElement, kind: Kind, state: State): Made {
  const wanted = state.readers;
  const marks = readMarks(table).filter((mark) => wanted.length === 0 || wanted.includes(mark.series));
  const value = number(table.dataset["bzLimit"]);
  const limit: Limit | null = value === null ? null : { value, name: table.dataset["bzLimitName"] ?? "" };
  const { options, data, drawn } = dots(marks, limit, kind, state.axis, host.clientWidth, inks(host));
  const plot = new UPlot(options, data, host);
  const steps = drawn.rows.map(({ mark, y }): Step => ({
    title: mark.group === "" ? mark.name : `${mark.name}, ${mark.group}`, lines: tipLines(mark, kind), y,
    x: () => (mark.value === null ? 0 : plot.valToPos(mark.value, "y") + plot.bbox.left / devicePixelRatio),
  }));
  return { plot, steps };
}

function makeLines(UPlot: Plot, host: HTMLElement, table: HTMLElement, kind: Kind, state: State): Made {
  const group = host.dataset["group"] ?? "";
  const wanted = state.readers;
  const tracks = readTracks(table, group).filter((track) => wanted.length === 0 || wanted.includes(track.series));
  const commits = (table.dataset["commits"] ?? "").split(",");
  const { options, data } = lines(tracks, commits, host.dataset["title"] ?? group, kind, state.axis, host.clientWidth, inks(host));
  const plot = new UPlot(options, data, host);
  const steps = commits.map((commit, place): Step => ({
    title: commit.slice(0, 7), y: HEIGHT / 2, x: () => plot.valToPos(place, "x") + plot.bbox.left / devicePixelRatio,
    lines: tracks.map((track) => {
      const value = track.values[place] ?? null;
      return `${track.name} ${value === null ? "no number" : numberText(value, kind)}`;
    }),
  }));
  return { plot, steps };
}

/** Bring one chart to life; `state` says what to show. Returns what draws it again, and the clean-up. */
export function mount(host: HTMLElement, state: () => State): { redraw: () => void; cleanUp: () => void } {
  const table = document.getElementById(host.dataset["bzChart"] ?? "");
  const built = host.querySelector("svg");
  const kind = (host.dataset["bzKind"] ?? "time") as Kind;
  const nothing = { redraw: () => {}, cleanUp: () => {} };
  if (table === null || built === null) return nothing;
  const abort = new AbortController();
  const box = document.createElement("div");
  Object.assign(box.dataset, { group: host.dataset["group"] ?? "", title: host.dataset["title"] ?? "" });
  box.className = "bz-chart";
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${built.querySelector("title")?.textContent ?? "Chart"}; arrow keys step through it`);
  let made: Made | null = null;
  let at = -1;
  const say = tip(box);
  const go = (to: number): void => {
    const step = made?.steps[to] ?? null;
    at = step === null ? -1 : to;
    if (step === null) say.hide();
    else say.show(step.title, step.lines, step.x(), step.y);
  };
  const draw = (UPlot: Plot): void => {
    made?.plot.destroy();
    const make = table.querySelector("tr[data-bz-track]") === null ? makeDots : makeLines;
    made = make(UPlot, box, table, kind, state());
    go(-1);
    const follow = (): void => go(made?.plot.cursor.idx ?? -1);
    made.plot.over.addEventListener("pointermove", () => requestAnimationFrame(follow), { signal: abort.signal });
    made.plot.over.addEventListener("pointerleave", () => go(-1), { signal: abort.signal });
  };
  box.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") go(-1);
    if (by === undefined || made === null) return;
    event.preventDefault();
    go(Math.max(0, Math.min(at + by, made.steps.length - 1)));
  }, { signal: abort.signal });
  box.addEventListener("blur", () => go(-1), { signal: abort.signal });
  let Loaded: Plot | null = null;
  const redraw = (): void => { if (Loaded !== null && box.clientWidth > 0) draw(Loaded); };
  const begin = new IntersectionObserver((seen) => {
    if (!seen.some((entry) => entry.isIntersecting)) return;
    begin.disconnect();
    void import("uplot").then(({ default: UPlot }) => {
      if (abort.signal.aborted) return;
      Loaded = UPlot;
      // Those who hear the page keep the words of the built drawing.
      built.classList.add("bz-unseen");
      built.after(box);
      draw(UPlot);
      sizes.observe(box);
    });
  }, { rootMargin: "200px" });
  let width = 0;
  const sizes = new ResizeObserver(() => {
    if (box.clientWidth !== width && width !== 0) redraw();
    width = box.clientWidth;
  });
  begin.observe(host);
  return {
    redraw,
    cleanUp: () => {
      abort.abort();
      begin.disconnect();
      sizes.disconnect();
      made?.plot.destroy();
      box.remove();
      built.classList.remove("bz-unseen");
    },
  };
}
