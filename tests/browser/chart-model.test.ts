import assert from "node:assert/strict";
import { test } from "node:test";

import { ends, layout, numberText, parseState, stateSearch, tickText, ticks, tipLines, type Mark } from "../../site/browser/chart-model.ts";

const known = new Set(["zarr-default", "zarr-partial"]);
const mark = (group: string, given: Partial<Mark> = {}): Mark => ({
  group, series: "zarr-partial", name: "zarr_partial", state: "measured", verdict: "", ours: true, exact: false,
  value: 2e-6, low: 1.5e-6, high: 3e-6, ...given,
});

test("the state of the charts survives the address and keeps what else is in it", () => {
  const state = parseState(new URLSearchParams("?axis=linear&reader=zarr-partial&reader=nobody&q=1"), known);
  assert.deepEqual(state, { axis: "linear", readers: ["zarr-partial"] });
  assert.equal(stateSearch(state, "?q=1&axis=log&reader=old"), "?q=1&axis=linear&reader=zarr-partial");
});

test("the state that a page has by itself leaves no trace in the address", () => {
  assert.equal(stateSearch({ axis: "log", readers: [] }, "?axis=linear&reader=zarr-partial"), "");
  assert.deepEqual(parseState(new URLSearchParams("?axis=cubic"), known), { axis: "log", readers: [] });
});

test("marks stand below a heading for each group, none over another", () => {
  const { rows, heads, height } = layout([mark("raw"), mark("raw"), mark("zstd")]);
  assert.deepEqual(heads.map((head) => head.text), ["raw", "zstd"]);
  const places = rows.map((row) => row.y);
  assert.deepEqual(places, [...places].sort((one, other) => one - other));
  assert.ok(places.every((y, at) => at === 0 || y - (places[at - 1] ?? 0) >= 23));
  assert.ok((places.at(-1) ?? 0) < height - 24);
});

test("a logarithmic axis has whole decades, two at least", () => {
  assert.deepEqual(ends([2e-6, 3e-4], "log").map((end) => Number(end.toPrecision(3))), [1e-6, 1e-3]);
  assert.deepEqual(ends([1e-3], "log").map((end) => Number(end.toPrecision(3))), [1e-3, 1e-1]);
  assert.deepEqual(ends([], "log"), [1, 100]);
});

test("a linear axis begins at zero and holds the largest number", () => {
  const [low, high] = ends([2, 50], "linear");
  assert.equal(low, 0);
  assert.ok(high > 50);
  const marked = ticks([low, high], "linear");
  assert.ok(marked.length >= 4 && marked.length <= 8);
  assert.ok(marked.every((tick) => tick <= high));
});

test("numbers that are none do not move the axis", () => {
  assert.deepEqual(ends([Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 5], "log"), [1, 100]);
});

test("every decade has its tick", () => {
  assert.deepEqual(ticks([1e-6, 1e-3], "log"), [1e-6, 1e-5, 1e-4, 1e-3]);
});

test("numbers have the unit and the figures of the tables", () => {
  assert.equal(numberText(0.66e-6, "time"), "0.66 µs");
  assert.equal(numberText(1.053e-3, "time"), "1.1 ms");
  assert.equal(numberText(2.5, "time"), "2.5 s");
  assert.equal(numberText(400e6, "bytes"), "400 MB");
  assert.equal(numberText(123456, "rate"), "123,456 /s");
  assert.equal(numberText(64, "count"), "64");
});

test("ticks are short", () => {
  assert.deepEqual([1e-7, 1e-6, 1e-3, 0.1, 1].map((tick) => tickText(tick, "time")), ["0.1 µs", "1 µs", "1 ms", "100 ms", "1 s"]);
  assert.deepEqual([0, 1e3, 1e6].map((tick) => tickText(tick, "bytes")), ["0", "1 kB", "1 MB"]);
  assert.equal(tickText(20000, "rate"), "20,000");
});

test("a tip says the number and its interval, or why there is none", () => {
  assert.deepEqual(tipLines(mark("raw"), "time"), ["2.0 µs", "99 %: 1.5 µs to 3.0 µs"]);
  assert.deepEqual(tipLines(mark("raw", { high: null }), "time"), ["2.0 µs", "99 %: 1.5 µs to unbounded"]);
  assert.deepEqual(tipLines(mark("raw", { exact: true, low: null, high: null }), "time"), ["2.0 µs"]);
  assert.deepEqual(tipLines(mark("raw", { value: null, state: "skipped" }), "time"), ["skipped"]);
});
