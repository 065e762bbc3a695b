// What a chart shows, without a page: marks in their places, scales, texts, and the state in the address.

export interface Mark {
  readonly group: string;
  readonly series: string;
  readonly name: string;
  readonly state: string;
  readonly verdict: string;
  readonly ours: boolean;
  readonly exact: boolean;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export type Kind = "time" | "rate" | "bytes" | "count";
export type Scale = "log" | "linear";

export interface State {
  readonly axis: Scale;
  readonly readers: readonly string[];
}

/** Read the state of the charts from the address; what no reader of the page is called is ignored. */
export function parseState(params: URLSearchParams, known: ReadonlySet<string>): State {
  const readers = params.getAll("reader").filter((reader) => known.has(reader));
  return { axis: params.get("axis") === "linear" ? "linear" : "log", readers };
}

/** The search string with the state in it, and what else stands in `search` kept; the default state is left out. */
export function stateSearch(state: State, search: string): string {
  const params = new URLSearchParams(search);
  params.delete("axis");
  params.delete("reader");
  if (state.axis === "linear") params.set("axis", "linear");
  for (const reader of state.readers) params.append("reader", reader);
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

// The same pixels as site/outreach/benches/charts.py has, so that one drawing lies over the other.
export const HEAD = 26, GROUP = 28, ROW = 23, GAP = 20, FOOT = 24;

export interface Placed { readonly mark: Mark; readonly y: number }
export interface Heading { readonly text: string; readonly verdict: string; readonly y: number }
export interface Layout { readonly rows: readonly Placed[]; readonly heads: readonly Heading[]; readonly height: number }

/** Put marks below each other, a heading above each group; `y` is the middle of a row, in pixels from the top. */
export function layout(marks: readonly Mark[]): Layout {
  const rows: Placed[] = [];
  const heads: Heading[] = [];
  let top = HEAD;
  let group: string | null = null;
  for (const mark of marks) {
    if (mark.group !== group) {
      if (group !== null) top += GAP;
      group = mark.group;
      heads.push({ text: group, verdict: mark.verdict, y: top + 17 });
      top += GROUP;
    }
    rows.push({ mark, y: top + Math.floor(ROW / 2) });
    top += ROW;
  }
  return { rows, heads, height: top + FOOT };
}

/** The ends of the axis: whole decades, two at least, or from zero to a little more than the largest number. */
export function ends(values: readonly number[], axis: Scale): [number, number] {
  const known = values.filter((value) => Number.isFinite(value) && value > 0);
  if (known.length === 0) return axis === "log" ? [1, 100] : [0, 1];
  const most = Math.max(...known);
  if (axis === "linear") return [0, most * 1.05];
  // A hair less and more: 1e-3 is a little above its own logarithm's power.
  const first = Math.floor(Math.log10(Math.min(...known)) + 1e-9);
  const last = Math.ceil(Math.log10(most) - 1e-9);
  return [10 ** first, 10 ** Math.max(last, first + 2)];
}

/** Where ticks stand: every decade, or four to six round numbers. */
export function ticks([low, high]: readonly [number, number], axis: Scale): number[] {
  const found: number[] = [];
  if (axis === "log") {
    const first = Math.round(Math.log10(low)), last = Math.round(Math.log10(high));
    for (let power = first; power <= last; power += 1) found.push(Number(`1e${power}`));
    return found;
  }
  const rough = high / 6;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * size).find((wide) => wide >= rough) ?? rough;
  for (let count = 0; count * step <= high; count += 1) found.push(count * step);
  return found;
}

const SIZES: readonly (readonly [number, string])[] = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

function inUnit(value: number, kind: Kind): [number, string] {
  if (kind === "time") return value >= 1 ? [value, "s"] : value >= 1e-3 ? [value * 1e3, "ms"] : [value * 1e6, "µs"];
  if (kind === "bytes") {
    const [size, name] = SIZES.find(([least]) => value >= least) ?? [1, "B"];
    return [value / size, name];
  }
  return [value, kind === "rate" ? "/s" : ""];
}

const grouped = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A number with its unit and the figures that are worth reading, as the tables have it. */
export function numberText(value: number, kind: Kind): string {
  const [number, unit] = inUnit(value, kind);
  if (kind === "count") return grouped(number, 0);
  const text = number >= 10 ? grouped(number, 0) : number >= 1 ? grouped(number, 1)
    : number >= 0.095 ? grouped(number, 2) : String(Number(number.toPrecision(1)));
  return `${text} ${unit}`;
}

/** The text of a tick: a round number in the unit that makes it short. */
export function tickText(value: number, kind: Kind): string {
  if (value === 0) return "0";
  if (kind === "time" && value >= 0.999e-3 && value < 0.999) return `${Number((value * 1e3).toPrecision(3)).toLocaleString("en-US")} ms`;
  const [number, unit] = inUnit(value * 1.0001, kind);
  return `${Number(number.toPrecision(3)).toLocaleString("en-US")}${kind === "rate" || unit === "" ? "" : ` ${unit}`}`;
}

/** What the tip says of a mark: its number, and its interval where there is one. */
export function tipLines(mark: Mark, kind: Kind): string[] {
  if (mark.value === null) return [mark.state];
  const end = (value: number | null): string => (value === null ? "unbounded" : numberText(value, kind));
  const interval = mark.exact ? [] : [`99 %: ${end(mark.low)} to ${end(mark.high)}`];
  return [numberText(mark.value, kind), ...interval];
}
