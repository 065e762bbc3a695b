// What the browser would count and draw for selections: layouts and boxes in, numbers and paths out.
// Run by tests/browser/test_selection.py, which compares them with Python's.

import { readFileSync } from "node:fs";

import { partial, whole, type Costs } from "../../site/browser/selection-costs.ts";
import { partialPath, wholePath } from "../../site/browser/selection-drawing.ts";
import { wanted, type Box, type Layout } from "../../site/browser/selection-layout.ts";

interface Case {
  readonly layout: Layout;
  readonly boxes: readonly (readonly [number, number, number, number])[];
}

interface Result {
  readonly wanted: number;
  readonly partial: Costs;
  readonly whole: Costs;
  readonly partialPath: string;
  readonly wholePath: string;
}

const cases = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as readonly Case[];
const results = cases.map(({ layout, boxes }) => boxes.map(([top, bottom, left, right]): Result => {
  const box: Box = { top, bottom, left, right };
  return {
    wanted: wanted(layout, box),
    partial: partial(layout, box),
    whole: whole(layout, box),
    partialPath: partialPath(layout, box),
    wholePath: wholePath(layout, box),
  };
}));
process.stdout.write(JSON.stringify(results));
