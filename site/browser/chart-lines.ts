// The history of one group: a line for each reader, a place for each commit.

import type uPlot from "uplot";

import { fill, write, type Ink } from "./chart-draw.ts";
import { ends, tickText, ticks, type Kind, type Scale } from "./chart-model.ts";

export interface Track {
  readonly series: string;
  readonly name: string;
  readonly ours: boolean;
  readonly colour: number;
  readonly values: readonly (number | null)[];
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
}

// As in site/outreach/benches/history_chart.py.
const HEAD = 36, PLOT = 130, FOOT = 26, LINE = 13;
export const HEIGHT = HEAD + PLOT + FOOT;

export interface Lines { readonly options: uPlot.Options; readonly data: uPlot.AlignedData }

/** Options and data of uPlot for `tracks` over `commits`. */
export function lines(tracks: readonly Track[], commits: readonly string[], title: string, kind: Kind, axis: Scale, width: number, ink: Ink): Lines {
  const range = ends(tracks.flatMap((track) => track.values).filter((value) => value !== null), axis);
  const marked = ticks(range, axis);
  const step = marked.length > 4 ? 2 : 1;
  const last = commits.length - 1;
  const stroke = (track: Track): string => (track.ours ? ink.mark : ink.series[track.colour - 1] ?? ink.quiet);
  const options: uPlot.Options = {
    width, height: HEIGHT, padding: [HEAD, width * 0.38, 0, width * 0.14], legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    scales: {
      x: { time: false, range: last === 0 ? [-1, 1] : [0, last] },
      y: { distr: axis === "log" ? 3 : 1, range: [...range] },
    },
    axes: [
      {
        size: FOOT, gap: 6, stroke: ink.quiet, font: `11px ${ink.mono}`, grid: { show: false }, ticks: { show: false },
        splits: () => commits.map((_commit, place) => place),
        values: () => commits.map((commit, place) => (last < 4 || place === 0 || place === last ? commit.slice(0, 7) : "")),
      },
      { show: false, scale: "y" },
    ],
    series: [{}, ...tracks.map((track): uPlot.Series => ({
      scale: "y", stroke: stroke(track), width: track.ours ? 2.5 : 2, spanGaps: false,
      points: { show: true, size: 7, fill: stroke(track), stroke: stroke(track) },
    }))],
    hooks: {
      drawClear: [(chart) => {
        grid(chart, marked.filter((_tick, place) => place % step === 0), kind, ink);
        tracks.forEach((track) => intervals(chart, track, stroke(track)));
      }],
      draw: [(chart) => {
        write(chart.ctx, title, 0, 14, { font: `700 14px ${ink.text}`, fill: ink.ink, halo: ink.paper });
        names(chart, tracks, ink);
      }],
    },
  };
  return { options, data: [commits.map((_commit, place) => place), ...tracks.map((track) => [...track.values])] };
}

function grid(chart: uPlot, marked: readonly number[], kind: Kind, ink: Ink): void {
  const ratio = devicePixelRatio;
  const right = (chart.bbox.left + chart.bbox.width) / ratio;
  for (const tick of marked) {
    const y = chart.valToPos(tick, "y", true) / ratio;
    chart.ctx.fillStyle = ink.hairline;
    chart.ctx.fillRect(0, Math.round(y * ratio), right * ratio, Math.max(1, Math.round(ratio)));
    write(chart.ctx, tickText(tick, kind), 0, y - 4, { font: `11px ${ink.mono}`, fill: ink.quiet, halo: ink.paper });
  }
}

function intervals(chart: uPlot, track: Track, colour: string): void {
  chart.ctx.globalAlpha = 0.35;
  track.values.forEach((value, place) => {
    const low = track.lows[place] ?? null, high = track.highs[place] ?? null;
    if (value === null || low === null || high === null) return;
    const [x, top, bottom] = [chart.valToPos(place, "x"), chart.valToPos(high, "y"), chart.valToPos(low, "y")];
    const left = chart.bbox.left / devicePixelRatio, above = chart.bbox.top / devicePixelRatio;
    fill(chart.ctx, colour, left + x - 1.5, above + top, 3, bottom - top);
  });
  chart.ctx.globalAlpha = 1;
}

function names(chart: uPlot, tracks: readonly Track[], ink: Ink): void {
  const ratio = devicePixelRatio;
  const right = (chart.bbox.left + chart.bbox.width) / ratio;
  const found = tracks.flatMap((track) => {
    const value = [...track.values].reverse().find((one) => one !== null) ?? null;
    return value === null ? [] : [{ track, y: chart.valToPos(value, "y", true) / ratio + 4 }];
  }).sort((one, other) => one.y - other.y);
  const floor = HEAD + PLOT;
  let top = HEAD - LINE;
  const places = found.map(({ track, y }) => ({ track, y: (top = Math.max(y, top + LINE)) }));
  const over = (places.at(-1)?.y ?? 0) > floor;
  places.forEach(({ track, y }, place) => {
    const lowest = over ? floor - LINE * (places.length - 1 - place) : y;
    write(chart.ctx, track.name, right + 10, Math.min(y, lowest), {
      font: `${track.ours ? "700 " : ""}12px ${ink.text}`, fill: ink.ink, halo: ink.paper,
    });
  });
}
