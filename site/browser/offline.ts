// The service worker of one event's pages: the network first, what was kept when there is none.
// sprints/EVENT/sw.js loads it. It keeps the pages of that folder, and what these have named to it; all else that
// is asked for while one of them is open (Material swaps pages without leaving the first) it leaves to the browser.

interface Extendable { waitUntil(promise: Promise<unknown>): void }
interface Fetching extends Extendable { readonly request: Request; respondWith(answer: Promise<Response>): void }
interface Told extends Extendable { readonly data: { readonly keep?: readonly string[] }; readonly source: { postMessage(text: string): void } | null }
interface Worker {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", act: (event: Extendable) => void): void;
  addEventListener(type: "fetch", act: (event: Fetching) => void): void;
  addEventListener(type: "message", act: (event: Told) => void): void;
}

const worker = self as unknown as Worker;
const PREFIX = `bz-sprint ${worker.registration.scope} `;
const NAME = `${PREFIX}1`;
// A conference network that hangs is worse than none: after so long, what was kept is shown.
const PATIENCE_MS = 4000;

async function fresh(request: Request): Promise<Response> {
  // Hosts let browsers keep files for minutes: a new page would then run with old scripts, and be kept so.
  const answer = await fetch(request.url, { cache: "no-cache", headers: request.headers });
  if (answer.redirected && request.mode === "navigate") return Response.redirect(answer.url);
  if (answer.ok && answer.type === "basic" && !request.headers.has("range")) {
    const copy = answer.clone();
    await (await caches.open(NAME)).put(request, copy);
  }
  return answer;
}

async function kept(request: Request): Promise<Response | undefined> {
  const cache = await caches.open(NAME);
  // Filters live in the query; the page is the same. Files may be told apart by it.
  return cache.match(request, { ignoreSearch: request.mode === "navigate" });
}

async function answer(request: Request, event: Extendable): Promise<Response> {
  const asked = fresh(request);
  event.waitUntil(asked.catch(() => undefined));
  const late = new Promise<undefined>((done) => { setTimeout(() => done(undefined), PATIENCE_MS); });
  try {
    const first = await Promise.race([asked, late]);
    if (first !== undefined && first.status < 500) return first;
    return (await kept(request)) ?? await asked;
  } catch (error) {
    const old = await kept(request);
    if (old !== undefined) return old;
    throw error;
  }
}

/** What lies outside of the event's folder counts only if a page of the event has named it. */
async function outside(request: Request, event: Extendable): Promise<Response> {
  return (await kept(request)) === undefined ? fetch(request) : answer(request, event);
}

async function keep(urls: readonly string[]): Promise<void> {
  const cache = await caches.open(NAME);
  await Promise.all(urls.map(async (url) => {
    const got = await fetch(url, { cache: "no-cache" });
    if (got.ok && got.type === "basic") await cache.put(url, got);
  }));
}

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith(PREFIX) && name !== NAME));
  event.waitUntil(Promise.all([worker.clients.claim(), old.then((names) => Promise.all(names.map((name) => caches.delete(name))))]));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(request.url.startsWith(worker.registration.scope) ? answer(request, event) : outside(request, event));
});
worker.addEventListener("message", (event) => {
  const urls = event.data.keep;
  if (urls !== undefined) event.waitUntil(keep(urls).then(() => event.source?.postMessage("kept"), () => undefined));
});

export {};
