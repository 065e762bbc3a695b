// Glides the window over the drawn array: chunks under it rise and take colour, the counters follow.
// The still frame and all numbers come from the page (site/outreach/hero.py); the formulas are the same.

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

const SHADES = 7;
const PERIOD_MS = 24_000;
const FRAME_MS = 1000 / 30;
const RISE_MS = 420;
const SINK_MS = 1600;

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

/** The gliding window with hairlines down to the array at its corners. */
export function outline(scene: Scene, area: Area): string {
  const [k, m] = [area.i + area.height, area.j + area.width];
  const corners: Cell[] = [[area.i, area.j], [k, area.j], [k, m], [area.i, m]];
  const frame = polygon(...corners.map(([i, j]) => point(scene, i, j, scene.hover)));
  return frame + corners.map(([i, j]) => `M${point(scene, i, j, scene.hover)}L${point(scene, i, j, 0)}`).join("");
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
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${Number(value.toPrecision(3))} ${units[unit] ?? ""}`;
}

const numbers = (text: string | undefined): number[] => (text ?? "").split(" ").map(Number);

function drawing(scene: Scene, energy: ReadonlyMap<string, number>): string {
  const cells = [...energy].map(([key, value]): [number, number, number] => {
    const [i = 0, j = 0] = numbers(key);
    return [i, j, value];
  });
  cells.sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0]);
  return cells.map(([i, j, value]) => {
    const eased = value * value * (3 - 2 * value);
    return prism(scene, [i, j], scene.lift * eased).map((path, face) =>
      `<path class="bz-hero__${["top", "left", "right"][face] ?? ""} bz-shade-${shade([i, j])}" d="${path}"/>`).join("");
  }).join("");
}

/** Start the glide where motion is welcome; returns the clean-up. */
export function mount(figure: HTMLElement): () => void {
  const svg = figure.querySelector<SVGSVGElement>("svg");
  const risen = figure.querySelector(".bz-hero__risen");
  const frame = figure.querySelector(".bz-hero__window");
  const pause = figure.querySelector<HTMLButtonElement>("[data-bz-pause]");
  if (svg === null || risen === null || frame === null || pause === null) return () => {};
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return () => {};
  const data = svg.dataset;
  const [x = 0, y = 0] = numbers(data["origin"]);
  const scene: Scene = { origin: [x, y], across: Number(data["across"]), down: Number(data["down"]), lift: Number(data["lift"]), hover: Number(data["hover"]) };
  const [i = 0, j = 0, height = 0, width = 0] = numbers(data["window"]);
  const still: Area = { i, j, height, width };
  const energy = new Map(touched(still).map((cell): [string, number] => [cell.join(" "), 1]));
  const write = (name: string, text: string): void => {
    const target = figure.querySelector(`[data-bz-${name}]`);
    if (target !== null && target.textContent !== text) target.textContent = text;
  };
  let [elapsed, last, request, playing, seen] = [0, 0, 0, true, true];

  const draw = (now: number): void => {
    request = requestAnimationFrame(draw);
    if (now - last < FRAME_MS) return;
    const step = Math.min(now - last, 100);
    last = now;
    elapsed += step;
    const area = glide(still, elapsed);
    const cells = touched(area);
    const under = new Set(cells.map((cell) => cell.join(" ")));
    for (const key of under) energy.set(key, Math.min(1, (energy.get(key) ?? 0) + step / RISE_MS));
    for (const [key, value] of energy) {
      if (under.has(key)) continue;
      if (value <= step / SINK_MS) energy.delete(key);
      else energy.set(key, value - step / SINK_MS);
    }
    risen.innerHTML = drawing(scene, energy);
    frame.setAttribute("d", outline(scene, area));
    const read = cells.length * Number(data["chunkBytes"]);
    write("read", binary(read));
    write("percent", `${((100 * read) / Number(data["stored"])).toFixed(2)}%`);
    write("touched", String(cells.length));
    figure.querySelector<HTMLElement>("[data-bz-share]")?.style.setProperty("width", `${(100 * read) / Number(data["stored"])}%`);
  };
  const run = (): void => {
    cancelAnimationFrame(request);
    if (playing && seen) request = requestAnimationFrame(draw);
  };
  const press = (): void => {
    playing = !playing;
    pause.textContent = playing ? "Pause" : "Play";
    run();
  };
  const watcher = new IntersectionObserver(([entry]) => {
    seen = entry?.isIntersecting ?? true;
    run();
  });
  watcher.observe(svg);
  pause.addEventListener("click", press);
  pause.hidden = false;
  return () => {
    cancelAnimationFrame(request);
    watcher.disconnect();
    pause.removeEventListener("click", press);
  };
}
