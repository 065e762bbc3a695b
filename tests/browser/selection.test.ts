import assert from "node:assert/strict";
import { test } from "node:test";

import { elementRanges, merged, touched, type Box, type Layout } from "../../site/browser/selection-layout.ts";
import { between, format, moved, parse, pressed, resized, within, type State } from "../../site/browser/selection-state.ts";
import { counted } from "../../site/browser/selection.ts";

const leaves = Array.from({ length: 6 }, (_, file) => ({ file, start: 0, stop: 24 }));
const layout: Layout = { name: "raw", unit: "element", shape: [8, 9], leaf: [4, 3], shard: null, axes: [0, 1], itemsize: 2, index_nbytes: 0, leaves };
const other: Layout = { ...layout, name: "other" };
const usual = (): Box => ({ top: 1, bottom: 3, left: 2, right: 5 });
const box: Box = usual();

test("chunks are touched where the box overlaps them", () => {
  assert.deepEqual(touched(layout, box).map(({ at }) => at), [[0, 0], [0, 1]]);
  assert.deepEqual(touched(layout, { top: 3, bottom: 5, left: 2, right: 4 }).length, 4);
});

test("bytes of rows that follow each other are one range", () => {
  const [first] = touched(layout, { top: 0, bottom: 2, left: 0, right: 3 });
  assert.ok(first !== undefined);
  assert.deepEqual(elementRanges(layout, first), [[0, 12]]);
  assert.deepEqual(merged([[4, 6], [0, 2], [2, 3]]), [[0, 3], [4, 6]]);
});

test("an address holds the selection, and the first one has none", () => {
  const first = parse("", [layout, other], usual) as State;
  assert.equal(format(first, first), "");
  const state: State = { layout: "other", box: { top: 2, bottom: 7, left: 0, right: 1 } };
  assert.deepEqual(parse(format(state, first), [layout, other], usual), state);
});

test("what an address says wrongly is left out or kept within the array", () => {
  assert.deepEqual(parse("?layout=none&rows=x:y&columns=2", [layout], usual), { layout: "raw", box });
  assert.deepEqual(parse("?rows=5:999&columns=900:2", [layout], usual)?.box, { top: 5, bottom: 8, left: 1, right: 2 });
  assert.deepEqual(parse("?rows=0:0", [layout], usual)?.box, { top: 0, bottom: 1, left: 2, right: 5 });
  assert.equal(parse("", [], usual), null);
});

test("a box stays within the array and keeps its size when it is moved", () => {
  assert.deepEqual(moved(layout, box, -9, 99), { top: 0, bottom: 2, left: 6, right: 9 });
  assert.deepEqual(resized(layout, box, -9, 99), { top: 1, bottom: 2, left: 2, right: 9 });
  assert.deepEqual(within(layout, { top: 5, bottom: 5, left: -3, right: 0 }), { top: 4, bottom: 5, left: 0, right: 1 });
});

test("arrows move, Shift and arrows move a corner, other keys do nothing", () => {
  assert.deepEqual(pressed(layout, box, "ArrowDown", false), { top: 2, bottom: 4, left: 2, right: 5 });
  assert.deepEqual(pressed(layout, box, "ArrowRight", true), { top: 1, bottom: 3, left: 2, right: 6 });
  assert.equal(pressed(layout, box, "Enter", false), null);
});

test("two points make a box, whichever comes first", () => {
  assert.deepEqual(between(layout, [3.2, 4.9], [1.5, 0.2]), { top: 1, bottom: 4, left: 0, right: 5 });
});

test("numbers are written as the page writes them", () => {
  const costs = { chunks: 2, units: 1234, requests: 3, read: 12345, decoded: 0 };
  assert.equal(counted(costs, 100)["read-per-byte-wanted"], "123");
  assert.equal(counted(costs, 12345)["read-per-byte-wanted"], "1");
  assert.equal(counted(costs, 3000)["read-per-byte-wanted"], "4.12");
  assert.equal(counted(costs, 3000)["units-read"], "1,234");
});
