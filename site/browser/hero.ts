// Glides the window over the drawn array: chunks under it rise and take colour, the counters follow.
// The still frame and all numbers come from the page (site/outreach/hero.py).

import { binary, drawing, glide, outline, touched, type Area, type Scene } from "./isometry.ts";

const FRAME_MS = 1000 / 30;
const RISE_MS = 420;
const SINK_MS = 1600;

const numbers = (text: string | undefined): number[] => (text ?? "").split(" ").map(Number);

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
