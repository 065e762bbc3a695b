// The geometry of the drawing on the home page; the formulas are those of site/outreach/hero.py.

export interface Scene {
  readonly origin: readonly [number, number];
  readonly across: number;
  readonly down: number;
  readonly lift: number;
  readonly hover: number;
}

export interface Area {
  readonly i: number;
  readonly j: number;
  readonly height: number;
  readonly width: number;
}

export type Cell = readonly [number, number];

const SHADES = 5;
const PERIOD_MS = 24_000;

/** The chunks under an area, from the far corner to the near one, as painters need them. */
export function touched(area: Area): Cell[] {
  const cells: Cell[] = [];
  for (let i = Math.floor(area.i); i < Math.ceil(area.i + area.height); i += 1) {
    for (let j = Math.floor(area.j); j < Math.ceil(area.j + area.width); j += 1) cells.push([i, j]);
  }
  return cells.sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0] || a[1] - b[1]);
}

export function shade([i, j]: Cell): number {
  const step = (i + 2 * j) % (2 * SHADES - 2);
  return 1 + (step < SHADES ? step : 2 * SHADES - 2 - step);
}

export function point(scene: Scene, i: number, j: number, z: number): string {
  const x = scene.origin[0] + (i - j) * scene.across;
  const y = scene.origin[1] + (i + j) * scene.down - z;
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

const polygon = (...points: string[]): string => `M${points.join("L")}Z`;

/** The faces of a risen chunk: top, left, right. */
export function prism(scene: Scene, [i, j]: Cell, lift: number): [string, string, string] {
  const at = (di: number, dj: number, z: number): string => point(scene, i + di, j + dj, z);
  const [b, c, d] = [at(1, 0, lift), at(1, 1, lift), at(0, 1, lift)];
  return [polygon(at(0, 0, lift), b, c, d), polygon(c, d, at(0, 1, 0), at(1, 1, 0)), polygon(b, c, at(1, 1, 0), at(1, 0, 0))];
}

/** The gliding window with lines at its corners down to the tops of the chunks. */
export function outline(scene: Scene, area: Area): string {
  const [k, m] = [area.i + area.height, area.j + area.width];
  const corners: Cell[] = [[area.i, area.j], [k, area.j], [k, m], [area.i, m]];
  const frame = polygon(...corners.map(([i, j]) => point(scene, i, j, scene.hover)));
  return frame + corners.map(([i, j]) => `M${point(scene, i, j, scene.hover)}L${point(scene, i, j, scene.lift)}`).join("");
}

/** Where the window is after `ms`: once around a flat loop that starts and ends at the still frame. */
export function glide(still: Area, ms: number): Area {
  const angle = (2 * Math.PI * ms) / PERIOD_MS;
  return { ...still, i: still.i + 5 * Math.sin(angle), j: still.j + 3.4 * Math.sin(2 * angle) };
}

/** Bytes in binary units, three digits. */
export function binary(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${Number(value.toPrecision(3))} ${units[unit] ?? ""}`;
}

/** The risen chunks as SVG; `energy` says how far each has risen, 0 to 1, by its "i j". */
export function drawing(scene: Scene, energy: ReadonlyMap<string, number>): string {
  const cells = [...energy].map(([key, value]): [number, number, number] => {
    const [i = 0, j = 0] = key.split(" ").map(Number);
    return [i, j, value];
  });
  cells.sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0]);
  return cells.map(([i, j, value]) => {
    const eased = value * value * (3 - 2 * value);
    const [top, left, right] = prism(scene, [i, j], scene.lift * eased);
    return `<path class="bz-shade-${shade([i, j])}" d="${top}"/><path class="bz-hero__left" d="${left}"/><path class="bz-hero__right" d="${right}"/>`;
  }).join("");
}
