import assert from "node:assert/strict";
import { test } from "node:test";

import { copyText } from "../../site/browser/copy.ts";
import { binary, drawing, glide, outline, point, shade, touched, type Area, type Scene } from "../../site/browser/isometry.ts";

const scene: Scene = { origin: [100, 10], across: 20, down: 10, lift: 40, hover: 80 };
const still: Area = { i: 10.75, j: 18.25, height: 3.5, width: 4.5 };

test("a window touches every chunk it overlaps, far ones first", () => {
  assert.deepEqual(touched({ i: 0.5, j: 1, height: 1, width: 1 }), [[0, 1], [1, 1]]);
  assert.equal(touched(still).length, 25);
  const sums = touched(still).map(([i, j]) => i + j);
  assert.deepEqual(sums, [...sums].sort((a, b) => a - b));
});

test("a window on chunk edges touches no neighbour", () => {
  assert.equal(touched({ i: 2, j: 2, height: 2, width: 3 }).length, 6);
});

test("the glide begins and ends at the still frame", () => {
  assert.deepEqual(glide(still, 0), still);
  const after = glide(still, 24_000);
  assert.ok(Math.abs(after.i - still.i) < 1e-9 && Math.abs(after.j - still.j) < 1e-9);
});

test("points go right with i, left with j, up with z", () => {
  assert.equal(point(scene, 0, 0, 0), "100.0 10.0");
  assert.equal(point(scene, 1, 0, 5), "120.0 15.0");
  assert.equal(point(scene, 0, 1, 0), "80.0 20.0");
});

test("the window is one closed frame with four legs", () => {
  assert.equal(outline(scene, still).match(/Z/g)?.length, 1);
  assert.equal(outline(scene, still).match(/M/g)?.length, 5);
});

test("shades stay within the palette", () => {
  for (let i = 0; i < 40; i += 1) for (let j = 0; j < 40; j += 1) assert.ok(shade([i, j]) >= 1 && shade([i, j]) <= 5);
});

test("a chunk that has not risen lies flat", () => {
  assert.match(drawing(scene, new Map([["0 0", 0]])), /d="M100\.0 10\.0L120\.0 20\.0L100\.0 30\.0L80\.0 20\.0Z"/);
});

test("bytes are told in three digits", () => {
  assert.deepEqual([0, 999, 1024, 26_843_545_600].map(binary), ["0 B", "999 B", "1 KiB", "25 GiB"]);
  assert.equal(binary(1_048_575), "1 MiB");
});

test("copied text loses the newline that ends a block, and only that", () => {
  assert.equal(copyText("a\n\nb\n"), "a\n\nb");
});
