// Says over the stage what went wrong or what must be agreed to, and offers what can be done.

import { element } from "./elements.ts";
import type { ViewerError } from "./failures.ts";

export interface Action {
  readonly label: string;
  readonly act: () => void;
}

const buttons = (actions: readonly Action[]): HTMLElement[] => actions.map(({ label, act }) => {
  const button = element("button", { type: "button", class: "bz-button" }, label);
  button.addEventListener("click", act);
  return button;
});

/** Show a failure: what was expected and found, and the remedy. */
export function showFailure(place: HTMLElement, error: ViewerError, actions: readonly Action[]): void {
  place.dataset["bzFailure"] = error.kind;
  show(place, "This cannot be shown", [error.message, error.remedy], actions);
}

/** Ask before something large is fetched. */
export function showQuestion(place: HTMLElement, question: string, actions: readonly Action[]): void {
  delete place.dataset["bzFailure"];
  show(place, "Fetch this much?", [question], actions);
}

function show(place: HTMLElement, title: string, sentences: readonly string[], actions: readonly Action[]): void {
  const key = [title, ...sentences].join("\n");
  if (!place.hidden && place.dataset["bzSaid"] === key) return;
  place.dataset["bzSaid"] = key;
  place.replaceChildren(element("p", { class: "bz-viewer-big" }, title), ...sentences.map((text) => element("p", {}, text)), element("div", { class: "bz-viewer-actions" }, ...buttons(actions)));
  place.hidden = false;
}

export function hideNotice(place: HTMLElement): void {
  place.hidden = true;
  place.replaceChildren();
  delete place.dataset["bzFailure"];
}

/** Say below the stage that some chunks could not be read, while the others are shown. */
export function showTrouble(place: HTMLElement, failures: readonly ViewerError[], again: () => void): void {
  const [first] = failures;
  const key = first === undefined ? "" : `${failures.length} ${first.message}`;
  if (place.dataset["bzSaid"] === key) return;
  place.dataset["bzSaid"] = key;
  if (first === undefined) {
    place.replaceChildren();
    return;
  }
  const many = failures.length === 1 ? "One chunk is missing from the drawing." : `${failures.length} chunks are missing from the drawing; the first of them:`;
  place.replaceChildren(element("p", {}, element("strong", {}, many), ` ${first.message} ${first.remedy} `), ...buttons([{ label: "Try again", act: again }]));
}
