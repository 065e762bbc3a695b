// The viewer's elements, all there from the click on, so that nothing moves when data arrive.

import { element } from "./elements.ts";

export interface Parts {
  readonly root: HTMLElement;
  readonly facts: HTMLElement;
  readonly close: HTMLButtonElement;
  readonly stage: HTMLElement;
  readonly picture: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly notice: HTMLElement;
  readonly value: HTMLElement;
  readonly spoken: HTMLElement;
  readonly counter: HTMLElement;
  readonly map: HTMLCanvasElement;
  readonly mapLabel: HTMLElement;
  readonly sliders: HTMLElement;
  readonly controls: HTMLElement;
  readonly trouble: HTMLElement;
  readonly requests: HTMLDetailsElement;
}

const KEYS: readonly (readonly [string, string])[] = [
  ["Drag, arrow keys", "move"],
  ["Wheel, pinch, + and −", "come nearer or go farther"],
  ["0", "the whole array"],
  ["Home", "where you began"],
  ["Shift and arrow keys", "read values one by one"],
  ["Page Up, Page Down", "the slice before or after"],
  ["c", "edges of chunks on or off"],
];

let count = 0;

export function skeleton(title: string): Parts {
  count += 1;
  const help = `bz-viewer-help-${count}`;
  const facts = element("p", { class: "bz-viewer-facts" }, "Opening …");
  const close = element("button", { type: "button", class: "bz-quiet-button" }, "Close");
  const picture = element("canvas", { "aria-hidden": "true" });
  const overlay = element("canvas", { "aria-hidden": "true" });
  const notice = element("div", { class: "bz-viewer-notice", role: "alert", hidden: true });
  const view = element("div", { class: "bz-viewer-canvases", role: "application", tabindex: "0", "aria-label": `${title}: values, drawn`, "aria-describedby": help }, picture, overlay);
  const stage = element("div", { class: "bz-viewer-stage" }, view, notice);
  const value = element("p", { class: "bz-viewer-value" }, "\u00a0");
  const spoken = element("p", { class: "bz-unseen", "aria-live": "polite" });
  const counter = element("div", { class: "bz-viewer-counter" });
  const map = element("canvas", { role: "img", "aria-label": "Chunks of the drawn plane; colour means fetched" });
  const mapLabel = element("p", { class: "bz-viewer-small" }, "\u00a0");
  const sliders = element("div", { class: "bz-viewer-sliders" });
  const controls = element("div", { class: "bz-viewer-controls" });
  const trouble = element("div", { class: "bz-viewer-trouble", role: "status" });
  const requests = element("details", { class: "bz-viewer-more" }, element("summary", {}, "Every request, with its bytes"), element("div", { class: "bz-scroll", tabindex: "0", role: "region", "aria-label": "Requests" }));
  const keys = element("details", { class: "bz-viewer-more", open: true }, element("summary", {}, "Keys and gestures"),
    element("dl", { class: "bz-viewer-keys", id: help }, ...KEYS.map(([key, does]) => element("div", {}, element("dt", {}, key), element("dd", {}, does)))));
  const root = element("section", { class: "bz-viewer", "data-bz-viewer": true, "aria-label": `Viewer: ${title}` },
    element("header", { class: "bz-viewer-head" }, facts, close),
    element("div", { class: "bz-viewer-body" },
      element("div", { class: "bz-viewer-left" }, stage, value, spoken, sliders, trouble),
      element("div", { class: "bz-viewer-side" }, counter, element("div", { class: "bz-viewer-map" }, map, mapLabel), controls)),
    element("div", { class: "bz-viewer-below" }, keys, requests));
  return { root, facts, close, stage: view, picture, overlay, notice, value, spoken, counter, map, mapLabel, sliders, controls, trouble, requests };
}
