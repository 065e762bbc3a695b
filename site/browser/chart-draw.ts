// Colours and texts on a canvas, from the style sheet of the page.

export interface Ink {
  readonly ink: string;
  readonly quiet: string;
  readonly hairline: string;
  readonly paper: string;
  readonly mark: string;
  readonly series: readonly string[];
  readonly text: string;
  readonly mono: string;
}

/** Resolve the colours that hold now: they differ between the schemes. */
export function inks(host: HTMLElement): Ink {
  const probe = document.createElement("span");
  host.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const face = (name: string): string => {
    probe.style.fontFamily = `var(${name})`;
    return getComputedStyle(probe).fontFamily;
  };
  const found: Ink = {
    ink: colour("--ink"), quiet: colour("--quiet"), hairline: colour("--hairline"), paper: colour("--paper"),
    mark: colour("--mark"), series: [1, 2, 3, 4, 5, 6].map((number) => colour(`--peer-${number}`)),
    text: face("--text"), mono: face("--mono"),
  };
  probe.remove();
  return found;
}

/** Write `text` at a place in CSS pixels, with a halo of paper so that lines behind it do not cross it. */
export function write(
  context: CanvasRenderingContext2D, text: string, x: number, y: number,
  style: { readonly font: string; readonly fill: string; readonly halo: string; readonly align?: CanvasTextAlign },
): number {
  const ratio = devicePixelRatio;
  context.save();
  context.scale(ratio, ratio);
  context.font = style.font;
  context.textAlign = style.align ?? "left";
  context.textBaseline = "alphabetic";
  context.lineWidth = 4;
  context.lineJoin = "miter";
  context.strokeStyle = style.halo;
  context.strokeText(text, x, y);
  context.fillStyle = style.fill;
  context.fillText(text, x, y);
  const width = context.measureText(text).width;
  context.restore();
  return width;
}

/** How wide `text` is in CSS pixels. */
export function measure(context: CanvasRenderingContext2D, text: string, font: string): number {
  context.save();
  context.font = font;
  const { width } = context.measureText(text);
  context.restore();
  return width;
}

/** Fill a rectangle given in CSS pixels. */
export function fill(context: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, height: number): void {
  const ratio = devicePixelRatio;
  context.fillStyle = colour;
  context.fillRect(Math.round(x * ratio), Math.round(y * ratio), Math.round(width * ratio), Math.round(height * ratio));
}
