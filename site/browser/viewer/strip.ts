// The chunks along one axis with a slider, filled where any of them has been fetched.

import { type Inks, lit, sized } from "./elements.ts";
import type { ChunkLoader } from "./loader.ts";
import type { Sight } from "./session.ts";

const HEIGHT = 10;

export function drawStrip(canvas: HTMLCanvasElement | undefined, loader: ChunkLoader, { level, index }: Sight, axis: number, inks: Inks): void {
  const width = canvas?.parentElement?.clientWidth ?? 0;
  if (canvas === undefined || width === 0) return;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${HEIGHT}px`;
  const context = sized(canvas, width, HEIGHT);
  if (context === null) return;
  const [length, chunk] = [level.layout.shape[axis] ?? 1, level.layout.chunks[axis] ?? 1];
  const count = Math.ceil(length / chunk);
  const at = (place: number): number => Math.round((Math.min(place * chunk, length) / length) * (width - 1));
  const prefix = `${level.path} `;
  for (const [key, { stored }] of loader.arrivals) {
    if (!stored || !key.startsWith(prefix)) continue;
    const place = Number(key.slice(prefix.length).split(",")[axis]);
    context.fillStyle = lit(inks, 0, place, 1, count);
    context.fillRect(at(place), 0, Math.max(1, at(place + 1) - at(place)), HEIGHT);
  }
  context.strokeStyle = inks.quiet;
  context.strokeRect(0.5, 0.5, width - 1, HEIGHT - 1);
  context.strokeStyle = inks.hairline;
  context.beginPath();
  for (let place = 1; place < count && width / count >= 3; place += 1) {
    context.moveTo(at(place) + 0.5, 1);
    context.lineTo(at(place) + 0.5, HEIGHT - 1);
  }
  context.stroke();
  context.fillStyle = inks.ink;
  context.fillRect(Math.round(((index[axis] ?? 0) / Math.max(1, length - 1)) * (width - 3)), 0, 3, HEIGHT);
}
