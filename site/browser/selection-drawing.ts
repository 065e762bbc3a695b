// What is read of the plane that is drawn, as SVG paths in elements of the array.
// The still picture of the page has the same paths, drawn by site/outreach/figures/selection_page.py.

import { product, strides, touched, touchedBlocks, type Box, type Layout, type Touched } from "./selection-layout.ts";

const rectangle = (x: number, y: number, right: number, bottom: number): string => `M${x} ${y}H${right}V${bottom}H${x}Z`;

/** The selection itself. */
export function outline(box: Box): string {
  return rectangle(box.left, box.top, box.right, box.bottom);
}

/** What a reader of whole chunks reads: the touched chunks. */
export function wholePath(layout: Layout, box: Box): string {
  return joined(touched(layout, box).map((one) => clipped(layout, one, 0, product(layout.leaf) * layout.itemsize)));
}

/** What a reader of parts reads: elements, blocks, or chunks that decode only whole. */
export function partialPath(layout: Layout, box: Box): string {
  if (layout.unit === "element") return outline(box);
  const nbytes = product(layout.leaf) * layout.itemsize;
  return joined(touched(layout, box).map((one) => {
    const size = one.leaf.blocksize;
    if (size === undefined) return clipped(layout, one, 0, nbytes);
    return touchedBlocks(layout, one).map((block) => clipped(layout, one, block * size, Math.min(nbytes, (block + 1) * size))).join("");
  }));
}

const joined = (paths: readonly string[]): string => [...new Set(paths)].join("");

/** Bytes [first, last) of a decoded chunk as they lie in the plane: a rectangle, or two or three. */
function clipped(layout: Layout, one: Touched, first: number, last: number): string {
  const [down, across] = layout.axes;
  const [high, wide] = [layout.leaf[down] ?? 1, layout.leaf[across] ?? 1];
  const [y, x] = [(one.at[down] ?? 0) * high, (one.at[across] ?? 0) * wide];
  const [height, width] = [Math.min(high, (layout.shape[down] ?? 1) - y), Math.min(wide, (layout.shape[across] ?? 1) - x)];
  const step = strides(layout)[across] ?? 1;
  const [begin, end] = [Math.floor(first / step), Math.ceil(last / step)];
  const [topRow, bottomRow] = [Math.floor(begin / wide), Math.floor(end / wide)];
  const [left, right] = [begin % wide, end % wide];
  const pieces: [number, number, number, number][] = [];
  if (topRow === bottomRow) pieces.push([left, topRow, right, topRow + 1]);
  else {
    if (left > 0) pieces.push([left, topRow, wide, topRow + 1]);
    const from = left > 0 ? topRow + 1 : topRow;
    if (from < bottomRow) pieces.push([0, from, wide, bottomRow]);
    if (right > 0) pieces.push([0, bottomRow, right, bottomRow + 1]);
  }
  return pieces.map(([x0, y0, x1, y1]): [number, number, number, number] => [x0, y0, Math.min(x1, width), Math.min(y1, height)])
    .filter(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1)
    .map(([x0, y0, x1, y1]) => rectangle(x + x0, y + y0, x + x1, y + y1)).join("");
}
