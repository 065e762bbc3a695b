// Asks the service worker of the event's pages to keep what this page is made of; nothing beyond them.

const same = (url: string): boolean => new URL(url, location.href).origin === location.origin;

/** The addresses to keep: the page, what it loaded, and what it names as its own. */
export function wanted(page: string, loaded: readonly string[], named: readonly string[]): string[] {
  const whole = [page, ...loaded, ...named].map((url) => new URL(url, page).href.replace(/#.*$/, ""));
  const origin = new URL(page).origin;
  return [...new Set(whole)].filter((url) => new URL(url).origin === origin);
}

/** Whether a page is made of this: other pages, and pictures seen on the way here, are not part of it. */
export function isPart(url: string): boolean {
  return /\.(?:css|js|mjs|woff2)$/.test(new URL(url).pathname);
}

/** Register the worker that `[data-bz-offline]` names, and say when the pages are kept; returns the clean-up. */
export function listen(root: ParentNode): () => void {
  const note = root.querySelector<HTMLElement>("[data-bz-offline]");
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  if (note === null || workers === undefined || !same(note.dataset["bzOffline"] ?? "")) return () => {};
  const heard = (event: MessageEvent<unknown>): void => {
    if (event.data === "kept") note.hidden = false;
  };
  workers.addEventListener("message", heard);
  const page = location.href.replace(/[?#].*$/, "");
  const named = [...root.querySelectorAll<HTMLAnchorElement>("a[data-bz-keep]")].map((link) => link.href);
  void (async () => {
    try {
      const script = new URL(note.dataset["bzOffline"] ?? "", page);
      const registration = await workers.register(script, { updateViaCache: "none" });
      const worker = registration.active ?? registration.waiting ?? registration.installing;
      const loaded = performance.getEntriesByType("resource").map((entry) => entry.name).filter(isPart);
      const shown = [...document.images].map((image) => image.currentSrc).filter((url) => url !== "");
      worker?.postMessage({ keep: wanted(page, [...loaded, ...shown], named) });
    } catch {
      // Private windows and some hosts refuse workers; the page works without one.
    }
  })();
  return () => workers.removeEventListener("message", heard);
}
