// Pointers, the wheel and keys on the stage, told as what the visitor wants.

export interface Wishes {
  /** Move by pixels: positive dx shows what lies to the right. */
  move(dx: number, dy: number): void;
  /** Come nearer by a factor, around a pixel of the stage or its middle. */
  near(factor: number, px?: number, py?: number): void;
  whole(): void;
  home(): void;
  /** The pointer rests on a pixel of the stage; null once it has left. */
  point(place: { px: number; py: number } | null): void;
  /** Step the keyboard's cursor by elements. */
  step(down: number, across: number): void;
  slice(by: number): void;
  toggleChunks(): void;
}

const ARROWS: Record<string, readonly [across: number, down: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 1 / 8;
const NEARER = 1.5;

function keyed(event: KeyboardEvent, stage: HTMLElement, wishes: Wishes): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined) {
    const [across, down] = arrow;
    if (event.shiftKey) wishes.step(down, across);
    else wishes.move(across * stage.clientWidth * STEP, down * stage.clientHeight * STEP);
  } else if (event.key === "+" || event.key === "=") wishes.near(NEARER);
  else if (event.key === "-" || event.key === "_") wishes.near(1 / NEARER);
  else if (event.key === "0") wishes.whole();
  else if (event.key === "Home") wishes.home();
  else if (event.key === "PageUp") wishes.slice(-1);
  else if (event.key === "PageDown") wishes.slice(1);
  else if (event.key === "c" || event.key === "C") wishes.toggleChunks();
  else return false;
  return true;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Listen on the stage until the signal says to stop. */
export function listen(stage: HTMLElement, wishes: Wishes, signal: AbortSignal): void {
  const held = new Map<number, Place>();
  const at = (event: MouseEvent): Place => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  // The middle of all fingers, and how far apart they are.
  const grip = (): Place & { readonly spread: number } => {
    const places = [...held.values()];
    const x = places.reduce((sum, place) => sum + place.x, 0) / places.length;
    const y = places.reduce((sum, place) => sum + place.y, 0) / places.length;
    return { x, y, spread: places.reduce((sum, place) => sum + Math.hypot(place.x - x, place.y - y), 0) };
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    held.set(event.pointerId, at(event));
  }, { signal });
  stage.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (held.has(event.pointerId)) {
      const before = grip();
      held.set(event.pointerId, place);
      const after = grip();
      wishes.move(before.x - after.x, before.y - after.y);
      if (before.spread > 0 && after.spread > 0) wishes.near(after.spread / before.spread, after.x, after.y);
    }
    wishes.point({ px: place.x, py: place.y });
  }, { signal });
  for (const name of ["pointerup", "pointercancel"] as const) stage.addEventListener(name, (event) => held.delete(event.pointerId), { signal });
  stage.addEventListener("pointerleave", () => wishes.point(null), { signal });
  stage.addEventListener("wheel", (event) => {
    // The page scrolls past the stage, unless the visitor has taken hold of it.
    if (!event.ctrlKey && document.activeElement !== stage) return;
    event.preventDefault();
    const { x, y } = at(event);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    wishes.near(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)), x, y);
  }, { signal, passive: false });
  stage.addEventListener("dblclick", (event) => {
    const { x, y } = at(event);
    wishes.near(event.shiftKey ? 1 / NEARER : NEARER, x, y);
  }, { signal });
  stage.addEventListener("keydown", (event) => {
    if (keyed(event, stage, wishes)) event.preventDefault();
  }, { signal });
}

/** Pressing the map, or drawing over it, looks at that share of the plane. */
export function listenToMap(map: HTMLElement, look: (x: number, y: number) => void, signal: AbortSignal): void {
  const place = (event: PointerEvent): void => {
    const box = map.getBoundingClientRect();
    look((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    place(event);
  }, { signal });
  map.addEventListener("pointermove", (event) => {
    if (event.buttons > 0) place(event);
  }, { signal });
}
