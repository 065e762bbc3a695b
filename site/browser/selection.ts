// A selection dragged over a drawn array: what two readers read of it, drawn and counted as it moves.
// Without this the page shows one still selection (site/outreach/figures/selection_page.py).

import { partial, whole, type Costs } from "./selection-costs.ts";
import { outline, partialPath, wholePath } from "./selection-drawing.ts";
import { wanted, type Box, type Layout } from "./selection-layout.ts";
import { between, extent, format, moved, parse, pressed, sameBox, within, type State } from "./selection-state.ts";

type Corners = readonly [number, number, number, number];
const SIDES = ["top", "bottom", "left", "right"] as const;

/** The lines between cells of this size, and around the array. */
function grid(layout: Layout, size: readonly number[]): string {
  const { down, across } = extent(layout);
  const places = (length: number, step: number): number[] => [...Array.from({ length: Math.ceil(length / step) }, (_, at) => at * step), length];
  const rows = places(down, size[layout.axes[0]] ?? down).map((y) => `M0 ${y}H${across}`);
  return rows.concat(places(across, size[layout.axes[1]] ?? across).map((x) => `M${x} 0V${down}`)).join("");
}

export function counted(costs: Costs, bytesWanted: number): Record<string, string> {
  const whole = (count: number): string => count.toLocaleString("en-US");
  const ratio = costs.read / bytesWanted;
  return {
    "chunks-touched": whole(costs.chunks),
    "units-read": whole(costs.units),
    requests: whole(costs.requests),
    "bytes-read": whole(costs.read),
    "bytes-decoded": whole(costs.decoded),
    "read-per-byte-wanted": ratio >= 100 ? whole(Math.round(ratio)) : String(Number(ratio.toPrecision(3))),
  };
}

/** Make the still figure answer to pointer, keys and fields; returns the clean-up. */
export function mount(figure: HTMLElement): () => void {
  const form = figure.querySelector("form");
  // A template, because Material takes scripts out of the pages that it swaps in.
  const layouts = JSON.parse(figure.querySelector<HTMLTemplateElement>("template[data-bz-layouts]")?.content.textContent ?? "[]") as Layout[];
  const boxes = JSON.parse(figure.dataset["boxes"] ?? "{}") as Record<string, Corners>;
  const usual = (layout: Layout): Box => {
    const [top, bottom, left, right] = boxes[layout.name] ?? [0, 1, 0, 1];
    return { top, bottom, left, right };
  };
  const first = parse("", layouts, usual);
  const start = parse(location.search, layouts, usual);
  if (form === null || first === null || start === null) return () => {};
  const drawings = [...figure.querySelectorAll<SVGSVGElement>("svg")];
  const stop = new AbortController();
  const options = { signal: stop.signal };
  let state: State = start;
  let shown = first.layout;
  const layoutNow = (): Layout => layouts.find(({ name }) => name === state.layout) ?? (layouts[0] as Layout);

  const draw = (): void => {
    const [layout, box] = [layoutNow(), state.box];
    for (const svg of drawings) {
      const set = (part: string, path: string): void => svg.querySelector(`.${part}`)?.setAttribute("d", path);
      const isWhole = svg.closest("[data-bz-panel=whole]") !== null;
      set("fetched", isWhole ? wholePath(layout, box) : partialPath(layout, box));
      set("selected", outline(box));
      if (shown === layout.name) continue;
      svg.setAttribute("viewBox", `0 0 ${extent(layout).across} ${extent(layout).down}`);
      set("cells", grid(layout, layout.leaf));
      set("shards", grid(layout, layout.shard ?? layout.shape));
    }
    shown = layout.name;
    const bytes = wanted(layout, box);
    for (const [reader, costs] of [["whole", whole(layout, box)], ["partial", partial(layout, box)]] as const) {
      for (const [name, text] of Object.entries(counted(costs, bytes))) {
        const cell = figure.querySelector(`[data-bz-number="${reader}-${name}"]`);
        if (cell !== null) cell.textContent = text;
      }
    }
    const said = figure.querySelector("[data-bz-said]");
    if (said !== null) said.textContent = `Rows ${box.top} to ${box.bottom}, columns ${box.left} to ${box.right}: ${bytes.toLocaleString("en-US")} bytes wanted.`;
    fill(layout, box);
  };

  const fill = (layout: Layout, box: Box): void => {
    for (const radio of form.querySelectorAll<HTMLInputElement>("[name=layout]")) {
      radio.checked = radio.value === layout.name;
      const about = figure.querySelector("[data-bz-about]");
      if (radio.checked && about !== null) about.textContent = radio.dataset["about"] ?? "";
    }
    for (const side of SIDES) {
      const field = form.querySelector<HTMLInputElement>(`[name=${side}]`);
      if (field === null || field === document.activeElement) continue;
      field.max = String(side === "top" || side === "bottom" ? extent(layout).down : extent(layout).across);
      field.value = String(box[side]);
    }
  };

  const choose = (next: State): void => {
    if (next.layout === state.layout && sameBox(next.box, state.box)) return;
    state = next;
    history.replaceState(history.state, "", `${location.pathname}${format(state, first)}${location.hash}`);
    draw();
  };
  const select = (box: Box): void => choose({ ...state, box });

  form.addEventListener("input", () => {
    const layout = layouts.find(({ name }) => name === new FormData(form).get("layout")) ?? layoutNow();
    if (layout.name !== state.layout) return choose({ layout: layout.name, box: usual(layout) });
    const [top = 0, bottom = 1, left = 0, right = 1] = SIDES.map((side) => Math.round(Number(form.querySelector<HTMLInputElement>(`[name=${side}]`)?.value)));
    return select(within(layout, { top, bottom, left, right }));
  }, options);
  form.addEventListener("focusout", () => setTimeout(() => fill(layoutNow(), state.box)), options);
  form.addEventListener("submit", (event) => event.preventDefault(), options);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    choose(first);
  }, options);
  for (const svg of drawings) listen(svg, () => ({ layout: layoutNow(), box: state.box }), select, options);
  draw();
  return () => stop.abort();
}

/** Pointer and keys on one drawing: a drag selects, a drag from within the selection moves it. */
function listen(svg: SVGSVGElement, now: () => { readonly layout: Layout; readonly box: Box }, select: (box: Box) => void, options: { readonly signal: AbortSignal }): void {
  svg.tabIndex = 0;
  svg.classList.add("is-live");
  let drag: { readonly at: readonly [number, number]; readonly from: Box | null } | null = null;
  const place = (event: PointerEvent): readonly [number, number] => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM()?.inverse());
    return [point.y, point.x];
  };
  svg.addEventListener("pointerdown", (event) => {
    const [at, { box }] = [place(event), now()];
    const isInside = at[0] >= box.top && at[0] < box.bottom && at[1] >= box.left && at[1] < box.right;
    drag = { at, from: isInside ? box : null };
    svg.setPointerCapture(event.pointerId);
  }, options);
  svg.addEventListener("pointermove", (event) => {
    if (drag === null) return;
    const [at, { layout }] = [place(event), now()];
    select(drag.from === null ? between(layout, drag.at, at) : moved(layout, drag.from, Math.round(at[0] - drag.at[0]), Math.round(at[1] - drag.at[1])));
  }, options);
  for (const end of ["pointerup", "pointercancel"] as const) svg.addEventListener(end, () => { drag = null; }, options);
  svg.addEventListener("keydown", (event) => {
    const { layout, box } = now();
    const next = event.ctrlKey || event.metaKey || event.altKey ? null : pressed(layout, box, event.key, event.shiftKey);
    if (next === null) return;
    event.preventDefault();
    select(next);
  }, options);
}
