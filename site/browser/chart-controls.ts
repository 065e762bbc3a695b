// The form that says how all charts of a page are drawn, and which readers; its state lives in the address.

import * as chart from "./chart.ts";
import { parseState, stateSearch, type State } from "./chart-model.ts";

function fill(form: HTMLFormElement, state: State): void {
  for (const field of form.querySelectorAll<HTMLInputElement>("input")) {
    field.checked = field.name === "axis" ? field.value === state.axis : state.readers.includes(field.value);
  }
}

/** Hide what is of other readers in the tables of the page. */
function narrow(state: State, known: ReadonlySet<string>): void {
  for (const cell of document.querySelectorAll<HTMLElement>("table [data-bz-series]")) {
    const series = cell.dataset["bzSeries"] ?? "";
    cell.hidden = state.readers.length > 0 && known.has(series) && !state.readers.includes(series);
  }
}

/** Mount every chart of the page, and the form where there is one; returns the clean-up. */
export function mount(root: ParentNode): () => void {
  const hosts = [...root.querySelectorAll<HTMLElement>("[data-bz-chart]")];
  const form = root.querySelector<HTMLFormElement>("form[data-bz-charts]");
  if (hosts.length === 0) return () => {};
  const known = new Set([...(form?.querySelectorAll<HTMLInputElement>("input[name=reader]") ?? [])].map((field) => field.value));
  const read = (): State => parseState(new URLSearchParams(location.search), known);
  let state = read();
  const charts = hosts.map((host) => chart.mount(host, () => state));
  const show = (): void => {
    state = read();
    if (form !== null) fill(form, state);
    narrow(state, known);
    for (const word of root.querySelectorAll("[data-bz-axis]")) word.textContent = state.axis === "log" ? "logarithmic" : "linear";
    charts.forEach(({ redraw }) => redraw());
  };
  const go = (next: State): void => {
    const search = stateSearch(next, location.search);
    if (search === location.search) return;
    history.pushState(history.state, "", `${location.pathname}${search}${location.hash}`);
    show();
  };
  const abort = new AbortController();
  const options = { signal: abort.signal };
  form?.addEventListener("input", () => {
    const data = new FormData(form);
    go({ axis: data.get("axis") === "linear" ? "linear" : "log", readers: data.getAll("reader").map(String) });
  }, options);
  form?.addEventListener("submit", (event) => event.preventDefault(), options);
  form?.addEventListener("reset", (event) => {
    event.preventDefault();
    go({ axis: "log", readers: [] });
  }, options);
  window.addEventListener("popstate", show, options);
  // The colours of a canvas do not follow the scheme by themselves.
  const schemes = new MutationObserver(show);
  schemes.observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show, options);
  if (form !== null) form.hidden = false;
  show();
  return () => {
    abort.abort();
    schemes.disconnect();
    charts.forEach(({ cleanUp }) => cleanUp());
  };
}
