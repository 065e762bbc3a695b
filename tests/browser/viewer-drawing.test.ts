import assert from "node:assert/strict";
import { test } from "node:test";

import { chooseAxes } from "../../site/browser/viewer/axes.ts";
import { counted } from "../../site/browser/viewer/counter.ts";
import { chunkCount, chunksOf, countTouched, edges, planeOf, touched } from "../../site/browser/viewer/geometry.ts";
import { mustAsk } from "../../site/browser/viewer/limits.ts";
import { mapSize } from "../../site/browser/viewer/map.ts";
import type { Layout } from "../../site/browser/viewer/metadata.ts";
import { GRAY, paintColour, paintNumbers, readColormaps } from "../../site/browser/viewer/paint.ts";
import { cut, paste } from "../../site/browser/viewer/plane.ts";
import { tracePoints } from "../../site/browser/viewer/plot.ts";
import { extent, shown } from "../../site/browser/viewer/values.ts";
import { clamp, elementAt, levelFor, pan, pixelOf, seen, type Stage, start, stretchOf, whole, zoom } from "../../site/browser/viewer/view.ts";

const layout = (shape: number[], chunks: number[], over: Partial<Layout> = {}): Layout => ({
  format: 3, shape, chunks, shards: null, dtype: "uint8", codecs: [], dims: shape.map(() => null), indexAtStart: false,
  key: { prefix: "c/", separator: "/" }, missing: [], ...over,
});

for (const [name, shape, names, channel, expected] of [
  ["an image", [40, 60], ["y", "x"], null, { down: 0, across: 1, colour: null, sliders: [] }],
  ["a line", [40], ["t"], null, { down: null, across: 0, colour: null, sliders: [] }],
  ["colour last", [40, 60, 3], ["y", "x", "colour"], null, { down: 0, across: 1, colour: 2, sliders: [] }],
  ["colour last, unnamed", [40, 60, 4], ["axis 0", "axis 1", "axis 2"], null, { down: 0, across: 1, colour: 2, sliders: [] }],
  ["colour first, unnamed", [3, 40, 60], ["axis 0", "axis 1", "axis 2"], null, { down: 1, across: 2, colour: 0, sliders: [] }],
  ["channels of OME-Zarr", [1, 3, 5, 40, 60], ["t", "c", "z", "y", "x"], 1, { down: 3, across: 4, colour: 1, sliders: [0, 2] }],
  ["two channels of OME-Zarr", [2, 40, 60], ["c", "y", "x"], 0, { down: 1, across: 2, colour: null, sliders: [0] }],
  ["three columns of space", [3, 3, 40, 60], ["row", "column", "y", "x"], null, { down: 2, across: 3, colour: null, sliders: [0, 1] }],
  ["a narrow image in time", [9, 40, 3], ["t", "y", "x"], null, { down: 1, across: 2, colour: null, sliders: [0] }],
] as const) {
  test(`axes of ${name}`, () => assert.deepEqual(chooseAxes(layout([...shape], shape.map(() => 1)), names, channel), expected));
}

test("colour as a slider keeps the same plane", () => {
  assert.deepEqual(chooseAxes(layout([40, 60, 3], [1, 1, 1]), ["y", "x", "colour"], null, false), { down: 0, across: 1, colour: null, sliders: [2] });
  assert.equal(chooseAxes(layout([], []), [], null), null);
});

test("a window needs the chunks that it touches, those in its middle first", () => {
  const plane = planeOf(layout([100, 95], [10, 10]), { down: 0, across: 1, colour: null, sliders: [] });
  assert.deepEqual([plane.rows, plane.columns], [10, 10]);
  const window = { top: 15, bottom: 41, left: 80, right: 95 };
  const cells = touched(plane, window);
  assert.equal(cells.length, 8);
  assert.equal(countTouched(plane, window), 8);
  assert.deepEqual(cells[0], { i: 2, j: 8 });
  assert.deepEqual(new Set(cells.map(({ i, j }) => `${i} ${j}`)), new Set(["1 8", "1 9", "2 8", "2 9", "3 8", "3 9", "4 8", "4 9"]));
  assert.deepEqual(edges(10, 15, 41, 100), [20, 30, 40]);
});

test("a coloured cell needs every chunk along the axis of colour, at the slice of the sliders", () => {
  const axes = { down: 2, across: 3, colour: 1, sliders: [0] };
  const chunks = layout([7, 3, 40, 60], [2, 2, 20, 20]);
  assert.deepEqual(chunksOf(chunks, axes, { i: 1, j: 2 }, [5, 0, 0, 0]), [[2, 0, 1, 2], [2, 1, 1, 2]]);
  assert.equal(chunkCount(chunks), 4 * 2 * 2 * 3);
});

test("a patch is cut with the strides of its chunk, and clipped at the edge", () => {
  const shape = layout([5, 7], [4, 4], { dtype: "int16" });
  const axes = { down: 0, across: 1, colour: null, sliders: [] };
  // In F order: element (r, c) stands at r + 4 c.
  const values = Int16Array.from({ length: 16 }, (_, at) => (at % 4) * 10 + Math.floor(at / 4));
  const patch = cut(shape, axes, [0, 0], [[1, 1]], [{ values, stride: [1, 4] }]);
  assert.deepEqual([patch.height, patch.width, [...(patch.values as Int16Array)]], [1, 3, [0, 1, 2]]);
  const whole = new Int16Array(35);
  paste(whole, 7, patch, 4, 4);
  assert.deepEqual([...whole.subarray(28)], [0, 0, 0, 0, 0, 1, 2]);
});

test("channels stored apart come together, and the bits of NaN stay", () => {
  const axes = { down: 1, across: 2, colour: 0, sliders: [] };
  const parts = [1, 2, 3].map((value) => ({ values: new Uint8Array(4).fill(value), stride: [4, 2, 1] }));
  const patch = cut(layout([3, 2, 2], [1, 2, 2]), axes, [0, 0, 0], [[0, 0, 0], [1, 0, 0], [2, 0, 0]], parts);
  assert.deepEqual([...(patch.values as Uint8Array)], [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  assert.deepEqual([...paintColour(patch)].slice(0, 4), [1, 2, 3, 255]);
  const bits = new Uint32Array([0x7fa00001, 0xffc12345]);
  const line = cut(layout([2], [2], { dtype: "float32" }), { down: null, across: 0, colour: null, sliders: [] }, [0], [[0]], [{ values: new Float32Array(bits.buffer), stride: [1] }]);
  assert.deepEqual(new Uint32Array((line.values as Float32Array).buffer), bits);
});

test("values become colours between the limits; what is no value stays transparent", () => {
  const patch = { values: new Float32Array([0, 5, 10, NaN, -9, Infinity, -1]), height: 1, width: 7, channels: 1 };
  const pixels = paintNumbers(patch, [0, 10], GRAY, [-9]);
  assert.deepEqual([0, 1, 2, 5, 6].map((at) => pixels[at * 4]), [0, 128, 255, 255, 0]);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((at) => pixels[at * 4 + 3]), [255, 255, 255, 0, 0, 255, 255]);
  assert.deepEqual(extent(patch.values, [-9]), [-1, 10]);
  assert.equal(extent(new Float32Array([NaN]), []), null);
  assert.deepEqual([...(readColormaps({ two: "000000ff8001" }).get("two") ?? [])], [0, 0, 0, 255, 128, 1]);
});

test("64-bit integers are told with all their digits", () => {
  assert.equal(shown(18446744073709551615n, "uint64"), "18446744073709551615");
  assert.equal(shown(Math.fround(0.1), "float32"), "0.1");
  assert.equal(shown(1, "bool"), "true");
  assert.equal(shown(NaN, "float64"), "NaN");
});

const stage: Stage = { width: 400, height: 300, rows: 600, columns: 800, stretch: 1 };

test("the whole plane fits, and nothing is smaller or beyond its edges", () => {
  const all = whole(stage);
  assert.equal(all.scale, 0.5);
  assert.deepEqual(clamp(stage, { x: -50, y: 9999, scale: 0.1 }), all);
  assert.deepEqual(seen(stage, all, 600, 800), { top: 0, bottom: 600, left: 0, right: 800 });
});

test("coming nearer keeps the element under the pointer where it is", () => {
  const before = elementAt(stage, whole(stage), 100, 60);
  const near = zoom(stage, whole(stage), 4, 100, 60);
  const { px, py } = pixelOf(stage, near, before.x, before.y);
  assert.ok(Math.abs(px - 100) < 1e-9 && Math.abs(py - 60) < 1e-9);
});

test("moving shows what lies beside", () => {
  const near = zoom(stage, whole(stage), 4);
  assert.equal(pan(stage, near, 20, 0).x, near.x + 10);
  assert.equal(pan(stage, near, 1e6, 0).x, 800 - 100);
});

test("the level gets finer as one comes nearer", () => {
  const widths = [800, 400, 200, 100];
  const levels = [1, 2, 4, 8].map((factor) => levelFor(stage, zoom(stage, whole(stage), factor), widths));
  assert.deepEqual(levels, [3, 2, 1, 0]);
});

test("looking begins with a part of an array of many chunks, and with all of few or of levels", () => {
  assert.ok(start(stage, 1, 144).scale >= 2.5 * whole(stage).scale);
  assert.deepEqual(start(stage, 1, 4), whole(stage));
  assert.deepEqual(start(stage, 5, 144), whole(stage));
});

test("thin arrays are stretched, others are not", () => {
  assert.equal(stretchOf(100, 150), 1);
  assert.ok(Math.abs((640 * stretchOf(640, 11)) / 11 - 3) < 1e-9);
  assert.deepEqual(mapSize(340, 1, 309, 0), { width: 340, height: 28 });
});

test("a line keeps the peaks of what one pixel covers", () => {
  const peak = tracePoints(0, 8, 4, 8, (index) => (index === 5 ? 99 : index));
  assert.deepEqual(peak, [[0, 0], [3, 3], [4, 4], [5, 99]]);
  assert.deepEqual(tracePoints(0, 3, 1, 8, (index) => (index === 1 ? null : index)), [[0, 0], null, [2, 2]]);
});

test("a line passes over chunks that are not there without asking for each value", () => {
  let asked = 0;
  const valueAt = (index: number): number | undefined => {
    asked += 1;
    return index < 1000 ? index : undefined;
  };
  assert.deepEqual(tracePoints(0, 1e9, 1e7, 1e6, valueAt).slice(0, 3), [[0, 0], [999, 999], null]);
  assert.ok(asked < 1000 + 1e9 / 1e6 + 200);
});

test("a view of millions of chunks is counted, not listed", () => {
  const plane = planeOf(layout([1e6, 1e6], [1, 1]), { down: 0, across: 1, colour: null, sliders: [] });
  const all = { top: 0, left: 0, bottom: 1e6, right: 1e6 };
  assert.equal(countTouched(plane, all), 1e12);
  assert.deepEqual(touched(plane, all), []);
});

test("large views are asked about, and what was agreed to is not asked again", () => {
  const large = layout([40_000, 40_000], [4096, 4096]);
  const none = { chunks: 0, bytes: 0 };
  assert.equal(mustAsk(large, 1, none), true);
  assert.equal(mustAsk(large, 1, { chunks: 1, bytes: 4096 * 4096 }), false);
  assert.equal(mustAsk(layout([1000, 1000], [10, 10]), 300, none), false);
  assert.equal(mustAsk(layout([1000, 1000], [10, 10]), 301, none), true);
});

test("the count is told in words", () => {
  const count = { fetched: 12, chunks: 64, of: "", bytes: 18_240, stored: 131_000, values: 131_072, requests: 15, absent: 0 };
  assert.deepEqual(counted(count), ["12 of 64 chunks", "18.2 kB fetched of 131 kB stored", "15 requests"]);
  assert.deepEqual(counted({ ...count, stored: null, requests: 1, absent: 2, of: " of level 1" }), ["12 of 64 chunks of level 1", "18.2 kB fetched, stored size not told; 131 kB of values", "1 request, 2 chunks not stored"]);
});
