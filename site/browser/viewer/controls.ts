// What the visitor can set: slices, level, colours, limits.

import { element } from "./elements.ts";
import type { Limits } from "./paint.ts";

export interface Slider {
  readonly axis: number;
  readonly name: string;
  readonly length: number;
}

export interface Settings {
  readonly sliders: readonly Slider[];
  /** Elements down and across of each level, finest first, as words. */
  readonly levels: readonly string[];
  readonly maps: readonly string[];
  readonly colour: boolean;
  /** Whether values are turned into a height, not a colour. */
  readonly line: boolean;
}

export interface Chosen {
  slice(axis: number, index: number): void;
  level(level: number | null): void;
  map(name: string): void;
  colour(on: boolean): void;
  /** Null for limits that follow what has been fetched. */
  limits(limits: Limits | null): void;
  chunks(on: boolean): void;
}

export interface Controls {
  showSlice(axis: number, index: number): void;
  showLevel(level: number, chosen: boolean): void;
  showLimits(limits: Limits | null): void;
  showColour(on: boolean): void;
  showChunks(on: boolean): void;
  /** The canvas above a slider, which tells what has been fetched along its axis. */
  strip(axis: number): HTMLCanvasElement | undefined;
}

const field = (label: string, ...inputs: HTMLElement[]): HTMLElement => element("label", { class: "bz-viewer-field" }, element("span", {}, label), ...inputs);

const option = (value: string, text: string): HTMLOptionElement => element("option", { value }, text);

function check(label: string, changed: (on: boolean) => void): [HTMLElement, HTMLInputElement] {
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", () => changed(box.checked));
  return [element("label", { class: "bz-viewer-check" }, box, element("span", {}, label)), box];
}

/** Fill both places with the controls that these settings need. Listeners live as long as the elements. */
export function buildControls(sliderPlace: HTMLElement, place: HTMLElement, settings: Settings, chosen: Chosen): Controls {
  sliderPlace.replaceChildren();
  place.replaceChildren();
  const strips = new Map<number, HTMLCanvasElement>();
  const sliders = new Map<number, { input: HTMLInputElement; said: HTMLElement; length: number }>();
  for (const { axis, name, length } of settings.sliders) {
    const input = element("input", { type: "range", min: "0", max: String(length - 1), step: "1", value: "0" });
    const said = element("output");
    const strip = element("canvas", { class: "bz-viewer-strip", "aria-hidden": "true" });
    input.addEventListener("input", () => chosen.slice(axis, Number(input.value)));
    strips.set(axis, strip);
    sliders.set(axis, { input, said, length });
    sliderPlace.append(element("label", { class: "bz-viewer-slider" }, element("span", {}, name), said, strip, input));
  }

  const level = element("select", {}, option("auto", "by zoom"), ...settings.levels.map((shape, index) => option(String(index), `${index}: ${shape}`)));
  level.addEventListener("change", () => chosen.level(level.value === "auto" ? null : Number(level.value)));
  const levelSaid = element("span", { class: "bz-viewer-small" });
  if (settings.levels.length > 1) place.append(field("Level", level), levelSaid);

  const map = element("select", {}, ...settings.maps.map((name) => option(name, name)));
  map.addEventListener("change", () => chosen.map(map.value));
  const [low, high] = [0, 1].map(() => element("input", { type: "number", step: "any" }));
  const auto = element("button", { type: "button", class: "bz-quiet-button" }, "Auto");
  auto.addEventListener("click", () => chosen.limits(null));
  const typed = (): void => {
    const limits: Limits = [Number(low?.value), Number(high?.value)];
    if (low?.value !== "" && high?.value !== "" && limits.every(Number.isFinite)) chosen.limits(limits);
  };
  for (const input of [low, high]) input?.addEventListener("change", typed);
  const numbers = element("div", { class: "bz-viewer-numbers" });
  if (!settings.line) numbers.append(field("Colormap", map));
  if (low !== undefined && high !== undefined) numbers.append(field("From", low), field("To", high), auto);
  place.append(numbers);

  const switches = element("div", { class: "bz-viewer-switches" });
  const [colourLabel, colour] = check("As colour", chosen.colour);
  if (settings.colour) switches.append(colourLabel);
  const [chunksLabel, chunks] = check("Show chunks", chosen.chunks);
  switches.append(chunksLabel);
  place.append(switches);

  return {
    strip: (axis) => strips.get(axis),
    showSlice(axis, index) {
      const slider = sliders.get(axis);
      if (slider === undefined) return;
      slider.input.value = String(index);
      slider.said.textContent = `${index} of 0 to ${slider.length - 1}`;
    },
    showLevel(now, byHand) {
      level.value = byHand ? String(now) : "auto";
      levelSaid.textContent = `Level ${now} of 0 to ${settings.levels.length - 1} is drawn.`;
    },
    showLimits(limits) {
      [low, high].forEach((input, end) => {
        if (input !== undefined && document.activeElement !== input) input.value = limits === null ? "" : String(Number((limits[end] ?? 0).toPrecision(7)));
      });
    },
    showColour(on) {
      colour.checked = on;
      numbers.hidden = on;
    },
    showChunks(on) {
      chunks.checked = on;
    },
  };
}
