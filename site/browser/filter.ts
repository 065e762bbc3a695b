// Narrows a list by what a form says; the state lives in the URL, so that it can be shared and survives Back.

export interface Item {
  readonly text: string;
  readonly facets: ReadonlyMap<string, string>;
}

export interface Query {
  readonly words: readonly string[];
  readonly any: ReadonlyMap<string, readonly string[]>;
  readonly max: ReadonlyMap<string, number>;
}

// Material opens the search of the whole site on `?q=`, so the words of a list go by another name in the URL.
const WORDS = "find";

/** Read a query from URL parameters: `find` holds words, names in `maxima` hold limits, every other known name tokens. */
export function parseQuery(params: URLSearchParams, names: Iterable<string>, maxima: ReadonlySet<string>): Query {
  const any = new Map<string, string[]>();
  const max = new Map<string, number>();
  for (const name of names) {
    const values = params.getAll(name).filter((value) => value !== "");
    if (name === "q" || values.length === 0) continue;
    if (!maxima.has(name)) any.set(name, values);
    else if (Number.isFinite(Number(values[0]))) max.set(name, Number(values[0]));
  }
  const words = (params.get(WORDS) ?? "").normalize("NFC").toLowerCase().split(/\s+/).filter((word) => word !== "");
  return { words, any, max };
}

/** Whether an item has every word, one token of every name, and no number above its limit. */
export function matches(item: Item, query: Query): boolean {
  if (!query.words.every((word) => item.text.includes(word))) return false;
  for (const [name, wanted] of query.any) {
    const tokens = (item.facets.get(name) ?? "").split(/\s+/);
    if (!wanted.some((token) => tokens.includes(token))) return false;
  }
  for (const [name, limit] of query.max) {
    const value = item.facets.get(name) ?? "";
    if (value === "" || !(Number(value) <= limit)) return false;
  }
  return true;
}

const inUrl = (name: string): string => (name === "q" ? WORDS : name);

/** The URL search string of a form's values: filled ones only, in the order of the form. */
export function searchString(entries: Iterable<readonly [string, string]>): string {
  const params = new URLSearchParams();
  for (const [name, value] of entries) {
    if (value.trim() !== "") params.append(inUrl(name), value.trim());
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

type Field = HTMLInputElement | HTMLSelectElement;

function fields(form: HTMLFormElement): Field[] {
  return [...form.querySelectorAll<Field>("input[name], select[name]")];
}

function fill(form: HTMLFormElement, params: URLSearchParams): void {
  for (const field of fields(form)) {
    const values = params.getAll(inUrl(field.name));
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = values.includes(field.value);
    else field.value = values[0] ?? "";
  }
}

function readItem(element: HTMLElement): Item {
  const facets = Object.entries(element.dataset).map(([name, value]): [string, string] => [name, value ?? ""]);
  return { text: (element.dataset["text"] ?? "").toLowerCase(), facets: new Map(facets) };
}

/** Show the form, narrow the list it names, and keep both in step with the URL; returns the clean-up. */
export function mount(form: HTMLFormElement): () => void {
  const list = document.querySelector(form.dataset["bzFilter"] ?? "");
  if (list === null) return () => {};
  const elements = [...list.querySelectorAll<HTMLElement>("[data-bz-item]")];
  const items = elements.map(readItem);
  const all = fields(form);
  const names = new Set(all.map((field) => field.name));
  const maxima = new Set(all.filter((field) => field.dataset["bzOp"] === "max").map((field) => field.name));
  const count = form.querySelector(".bz-count");

  const show = (): void => {
    const query = parseQuery(new URLSearchParams(location.search), names, maxima);
    let shown = 0;
    elements.forEach((element, index) => {
      const item = items[index];
      element.hidden = item === undefined || !matches(item, query);
      if (!element.hidden) shown += 1;
    });
    if (count !== null) count.textContent = `${shown} of ${elements.length} shown`;
  };
  const restore = (): void => {
    fill(form, new URLSearchParams(location.search));
    // What narrows the list must be seen, also where a shared address chose it.
    for (const details of form.querySelectorAll("details")) details.open ||= details.querySelector(":checked") !== null;
    show();
  };
  const go = (search: string, push: boolean): void => {
    if (search === location.search) return;
    const url = `${location.pathname}${search}${location.hash}`;
    if (push) history.pushState(history.state, "", url);
    else history.replaceState(history.state, "", url);
    show();
  };
  const current = (): string =>
    searchString([...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]));

  const abort = new AbortController();
  const options = { signal: abort.signal };
  // One step back per choice, but not one per letter typed.
  form.addEventListener("input", (event) => {
    const typed = event.target instanceof HTMLInputElement && event.target.type === "search";
    go(current(), !typed);
  }, options);
  form.addEventListener("submit", (event) => event.preventDefault(), options);
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    go("", true);
    restore();
  }, options);
  window.addEventListener("popstate", restore, options);
  form.hidden = false;
  restore();
  return () => abort.abort();
}
