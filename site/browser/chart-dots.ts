// A mark for each reader, groups below each other: the vertical axis is the place in the list, the horizontal one the number.

import type uPlot from "uplot";

import { fill, measure, write, type Ink } from "./chart-draw.ts";
import { FOOT, ends, layout, numberText, tickText, ticks, type Kind, type Layout, type Mark, type Scale } from "./chart-model.ts";

const MARK = 10, LABEL = 11;

export interface Dots {
  readonly options: uPlot.Options;
  readonly data: uPlot.AlignedData;
  readonly drawn: Layout;
}

export interface Limit { readonly value: number; readonly name: string }

/** Options and data of uPlot for `marks` in a box of `width` pixels. */
export function dots(marks: readonly Mark[], limit: Limit | null, kind: Kind, axis: Scale, width: number, ink: Ink): Dots {
  const drawn = layout(marks);
  const values = marks.flatMap((mark) => [mark.value, mark.low, mark.high]).filter((value) => value !== null);
  const range = ends(limit === null ? values : [...values, limit.value], axis);
  const pad = width * 0.01;
  const bottom = drawn.height - FOOT;
  const marked = ticks(range, axis);
  const options: uPlot.Options = {
    width, height: drawn.height, padding: [0, pad, 0, pad], legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
    scales: {
      x: { time: false, ori: 1, dir: -1, range: [0, bottom] },
      y: { ori: 0, dir: 1, distr: axis === "log" ? 3 : 1, range: [...range] },
    },
    axes: [
      { show: false, scale: "x", side: 3 },
      {
        scale: "y", side: 2, size: FOOT, gap: 4, stroke: ink.quiet, font: `11px ${ink.mono}`, ticks: { show: false },
        grid: { stroke: ink.hairline, width: 1 }, splits: () => marked, filter: (_chart, splits) => splits,
        // uPlot would centre the first and the last one, and cut them at the edge.
        values: (_chart, splits) => splits.map(() => ""),
      },
    ],
    series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
    hooks: { draw: [(chart) => paint(chart, drawn, marked, limit, kind, ink, width)] },
  };
  return { options, data: [drawn.rows.map((row) => row.y), drawn.rows.map((row) => row.mark.value)], drawn };
}

function paint(
  chart: uPlot, drawn: Layout, marked: readonly number[], limit: Limit | null, kind: Kind, ink: Ink, width: number,
): void {
  const { ctx } = chart;
  const ratio = devicePixelRatio;
  const at = (value: number): number => chart.valToPos(value, "y", true) / ratio;
  const left = chart.bbox.left / ratio, right = left + chart.bbox.width / ratio;
  // Labels of many decades would run into each other on a phone.
  const step = marked.length > 6 ? 2 : 1;
  marked.forEach((tick, place) => {
    if (place % step !== 0) return;
    const align = place === 0 ? "left" : place === marked.length - 1 && at(tick) > right - 20 ? "right" : "center";
    write(ctx, tickText(tick, kind), at(tick), drawn.height - 4, { font: `11px ${ink.mono}`, fill: ink.quiet, halo: ink.paper, align });
  });
  if (limit !== null) {
    const x = at(limit.value);
    for (let y = 6; y < drawn.height - FOOT; y += 4) fill(ctx, ink.ink, x, y, 1, 1);
    const toLeft = x > width / 2;
    write(ctx, `the limit: ${limit.name} ${numberText(limit.value, kind)}`, x + (toLeft ? -6 : 6), 14, {
      font: `11px ${ink.text}`, fill: ink.quiet, halo: ink.paper, align: toLeft ? "right" : "left",
    });
  }
  // On a phone the longest name of a layout stands beside the longest verdict.
  const [large, small] = right - left < 400 ? [12, 11] : [14, 12];
  for (const head of drawn.heads) {
    write(ctx, head.text, left, head.y, { font: `700 ${large}px ${ink.text}`, fill: ink.ink, halo: ink.paper });
    write(ctx, head.verdict, right, head.y, { font: `600 ${small}px ${ink.mono}`, fill: ink.ink, halo: ink.paper, align: "right" });
  }
  for (const { mark, y } of drawn.rows) row(ctx, mark, y, at, left, right, kind, ink);
}

function row(
  context: CanvasRenderingContext2D, mark: Mark, y: number, at: (value: number) => number, left: number, right: number,
  kind: Kind, ink: Ink,
): void {
  const weight = mark.ours ? "700 " : "";
  const name = { font: `${weight}13px ${ink.text}`, fill: mark.ours ? ink.ink : ink.quiet, halo: ink.paper };
  if (mark.value === null) {
    write(context, `${mark.name} ${mark.state}`, left, y + 4, { ...name, font: `italic 13px ${ink.text}` });
    return;
  }
  const colour = mark.ours ? ink.mark : ink.quiet;
  const place = at(mark.value);
  const bounded = mark.exact || (mark.low !== null && mark.high !== null);
  const low = mark.exact ? place : mark.low === null ? left : Math.max(left, at(mark.low));
  const high = mark.exact ? place : mark.high === null ? right : Math.min(right, at(mark.high));
  context.globalAlpha = 0.5;
  if (!mark.exact) fill(context, colour, low, y - 1, high - low, 3);
  context.globalAlpha = 1;
  fill(context, colour, place - MARK / 2, y - MARK / 2, MARK, MARK);
  // An unbounded bar crosses the whole drawing, and no side of it would have room.
  const from = bounded ? low : place, to = bounded ? high : place;
  const number = { ...name, font: `${weight}12px ${ink.mono}` };
  const text = numberText(mark.value, kind);
  const wide = measure(context, mark.name, name.font), whole = LABEL + wide + 5 + measure(context, text, number.font);
  const toLeft = from - left > right - to;
  if (whole > (toLeft ? from - left : right - to)) {
    // Neither side has room for both: the name stands on the wider one, the number on the other.
    write(context, mark.name, toLeft ? from - LABEL : to + LABEL, y + 4, { ...name, align: toLeft ? "right" : "left" });
    write(context, text, toLeft ? to + LABEL : from - LABEL, y + 4, { ...number, align: toLeft ? "left" : "right" });
  } else if (toLeft) {
    const taken = write(context, text, from - LABEL, y + 4, { ...number, align: "right" });
    write(context, mark.name, from - LABEL - taken - 5, y + 4, { ...name, align: "right" });
  } else {
    write(context, mark.name, to + LABEL, y + 4, name);
    write(context, text, to + LABEL + wide + 5, y + 4, number);
  }
}
