// Elements in one expression: their attributes, then what they hold.

type Attributes = Readonly<Record<string, string | boolean>>;

export function element<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(attribute, "");
    else if (value !== false) made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** Make a canvas as fine as the screen; returns its context, in CSS pixels. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const dense = window.devicePixelRatio;
  const [across, down] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const context = canvas.getContext("2d");
  context?.setTransform(dense, 0, 0, dense, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

/** Colours of the page, in its present scheme. */
export interface Inks {
  readonly paper: string;
  readonly ink: string;
  readonly quiet: string;
  readonly hairline: string;
  readonly fetched: readonly string[];
}

const FETCHED = ["#e58077", "#e57a77", "#e46876", "#e34b75", "#e12374", "#e01073", "#bb1085"];

/** What the style sheet's variables stand for where `inside` is; canvases know no variables. */
export function inksOf(inside: HTMLElement): Inks {
  const probe = element("span", { hidden: true });
  inside.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const inks = { paper: read("--paper"), ink: read("--ink"), quiet: read("--quiet"), hairline: read("--hairline"), fetched: FETCHED };
  probe.remove();
  return inks;
}

/** The colour in which a fetched cell lights: the palette runs along the diagonal, as in the fingerprints. */
export function lit(inks: Inks, i: number, j: number, rows: number, columns: number): string {
  const longest = Math.max(1, rows + columns - 2);
  return inks.fetched[Math.round((6 * (i + j)) / longest)] ?? inks.ink;
}
