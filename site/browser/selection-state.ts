// Which part of which array is selected: as an address says it, and as keys and pointers move it.

import type { Box, Layout } from "./selection-layout.ts";

export interface State {
  readonly layout: string;
  readonly box: Box;
}

const RANGE = /^(\d{1,9}):(\d{1,9})$/;

/** The lengths of the two drawn axes. */
export function extent(layout: Layout): { readonly down: number; readonly across: number } {
  return { down: layout.shape[layout.axes[0]] ?? 1, across: layout.shape[layout.axes[1]] ?? 1 };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The box within the array, one element high and wide at least. */
export function within(layout: Layout, box: Box): Box {
  const { down, across } = extent(layout);
  const top = clamp(Math.min(box.top, box.bottom - 1), 0, down - 1);
  const left = clamp(Math.min(box.left, box.right - 1), 0, across - 1);
  return { top, left, bottom: clamp(box.bottom, top + 1, down), right: clamp(box.right, left + 1, across) };
}

/** The state that an address holds; what it lacks, or says wrongly, is as in `usual`. */
export function parse(query: string, layouts: readonly Layout[], usual: (layout: Layout) => Box): State | null {
  const asked = new URLSearchParams(query);
  const layout = layouts.find(({ name }) => name === asked.get("layout")) ?? layouts[0];
  if (layout === undefined) return null;
  const rows = RANGE.exec(asked.get("rows") ?? "");
  const columns = RANGE.exec(asked.get("columns") ?? "");
  const box = usual(layout);
  return {
    layout: layout.name,
    box: within(layout, {
      top: rows === null ? box.top : Number(rows[1]),
      bottom: rows === null ? box.bottom : Number(rows[2]),
      left: columns === null ? box.left : Number(columns[1]),
      right: columns === null ? box.right : Number(columns[2]),
    }),
  };
}

/** The address of a state; empty for the one that the page begins with. */
export function format({ layout, box }: State, first: State): string {
  if (layout === first.layout && sameBox(box, first.box)) return "";
  return `?layout=${layout}&rows=${box.top}:${box.bottom}&columns=${box.left}:${box.right}`;
}

export function sameBox(a: Box, b: Box): boolean {
  return a.top === b.top && a.bottom === b.bottom && a.left === b.left && a.right === b.right;
}

/** The box moved so far, not out of the array. */
export function moved(layout: Layout, box: Box, down: number, across: number): Box {
  const whole = extent(layout);
  const y = clamp(down, -box.top, whole.down - box.bottom);
  const x = clamp(across, -box.left, whole.across - box.right);
  return { top: box.top + y, bottom: box.bottom + y, left: box.left + x, right: box.right + x };
}

/** The box with its lower right corner moved. */
export function resized(layout: Layout, box: Box, down: number, across: number): Box {
  return within(layout, { ...box, bottom: Math.max(box.bottom + down, box.top + 1), right: Math.max(box.right + across, box.left + 1) });
}

/** What a key does to the box: arrows move it, with Shift they move its corner; null for other keys. */
export function pressed(layout: Layout, box: Box, key: string, shift: boolean): Box | null {
  const directions: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const direction = directions[key];
  if (direction === undefined) return null;
  const { down, across } = extent(layout);
  // A press is an eighth of a chunk: a few lead from one to the next.
  const step = [layout.leaf[layout.axes[0]] ?? down, layout.leaf[layout.axes[1]] ?? across].map((size) => Math.max(1, Math.round(size / 8)));
  const [y, x] = [direction[0] * (step[0] ?? 1), direction[1] * (step[1] ?? 1)];
  return shift ? resized(layout, box, y, x) : moved(layout, box, y, x);
}

/** The box between two points in the plane, in elements. */
export function between(layout: Layout, a: readonly [number, number], b: readonly [number, number]): Box {
  const floor = (one: number, other: number): number => Math.floor(Math.min(one, other));
  const ceil = (one: number, other: number): number => Math.ceil(Math.max(one, other));
  return within(layout, { top: floor(a[0], b[0]), bottom: ceil(a[0], b[0]), left: floor(a[1], b[1]), right: ceil(a[1], b[1]) });
}
