// "Open in the viewer": puts an empty viewer in place of the picture at once, and fetches what fills it.

import { showFailure } from "./viewer/notice.ts";
import { ViewerError } from "./viewer/failures.ts";
import { type Parts, skeleton } from "./viewer/skeleton.ts";
import type { Opening } from "./viewer/viewer.ts";

/** Fill a skeleton; returns the clean-up. Nothing of the viewer's reader is loaded before this. */
export function fill(parts: Parts, opening: Opening): () => void {
  let stop: (() => void) | null = null;
  let over = false;
  const load = (): void => {
    import("./viewer/viewer.ts").then(({ start }) => {
      if (!over) stop = start(parts, opening);
    }, () => {
      const lost = new ViewerError("unreachable", "Expected the script of the viewer, found no answer of this site.", "Connect to a network, then reload the page.");
      showFailure(parts.notice, lost, []);
    });
  };
  load();
  return () => {
    over = true;
    stop?.();
  };
}

/** What the page knows of a sample, from the attributes of its button. */
function openingOf(button: HTMLButtonElement, colormaps: URL): Opening {
  const { bzOpen = "", bzFirst, bzStored, bzDims } = button.dataset;
  return {
    address: new URL(bzOpen, location.href.replace(/[?#].*$/, "")),
    first: bzFirst ?? null,
    stored: bzStored === undefined ? null : Number(bzStored),
    names: bzDims === undefined ? null : bzDims.split("|"),
    colormaps,
  };
}

/** Bring the button to life; the picture stays until it is pressed, and comes back when the viewer is closed. */
export function mount(button: HTMLButtonElement, colormaps: URL): () => void {
  const figure = button.closest<HTMLElement>("figure");
  const place = button.closest<HTMLElement>(".bz-entry-columns");
  if (figure === null || place === null) return () => {};
  let close = (): void => {};
  const press = (): void => {
    const parts = skeleton(button.dataset["bzTitle"] ?? "");
    figure.hidden = true;
    place.before(parts.root);
    const stop = fill(parts, openingOf(button, colormaps));
    close = () => {
      stop();
      parts.root.remove();
      figure.hidden = false;
      close = () => {};
    };
    parts.close.addEventListener("click", () => {
      close();
      button.focus();
    });
    parts.root.scrollIntoView({ block: "start" });
  };
  button.addEventListener("click", press);
  button.hidden = false;
  return () => {
    button.removeEventListener("click", press);
    close();
  };
}
