// Reads values and byte ranges over HTTP, counts each request, and refuses answers that are not what was asked for.
//
// zarrita takes what it is given: a whole shard where a part was asked for becomes wrong numbers, and a body
// that ends early becomes zeros.

import { forbiddenByBrowser, isAbort, notReached, ViewerError, wholeForRange } from "./failures.ts";
import type { RequestLog } from "./log.ts";

type Key = `/${string}`;
export type Range = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

/** zarrita hands these through from `getChunk`: the name of the chunk, and who is told that its bytes came. */
export interface Options {
  readonly signal?: AbortSignal;
  readonly what?: string;
  readonly received?: (bytes: number) => void;
}

const PATIENCE_MS = 60_000;

export class CheckedStore {
  /** Metadata by their key, as zarrita shall see them; undefined where there are none. */
  readonly documents = new Map<string, Uint8Array | undefined>();
  /** Paths of sharded arrays whose indexes stand at the start of each shard: zarrita asks for the end. */
  readonly indexAtStart = new Set<string>();
  readonly root: URL;
  readonly log: RequestLog;
  readonly #fetch: typeof fetch;
  #suffixWorks = true;

  constructor(root: URL, log: RequestLog, ask: typeof fetch = (...request) => fetch(...request)) {
    this.root = root;
    this.log = log;
    this.#fetch = ask;
  }

  /** The text of a metadata document; undefined where the server has none, or keeps it to itself. */
  async text(key: string, signal?: AbortSignal): Promise<string | undefined> {
    const { response, body } = await this.#ask(key, "metadata", {}, signal);
    // Object stores answer 403 for what is not there, to those who may not list.
    const html = response.headers.get("content-type")?.startsWith("text/html") === true;
    if (response.status === 404 || response.status === 403 || response.status === 410 || html) return undefined;
    if (response.status !== 200) throw this.#refused(key, response);
    return new TextDecoder().decode(body);
  }

  async get(key: Key, options: Options = {}): Promise<Uint8Array | undefined> {
    const name = key.slice(1);
    if (this.documents.has(name)) return this.documents.get(name);
    const { response, body } = await this.#ask(name, options.what ?? "value", {}, options.signal);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw this.#refused(name, response);
    options.received?.(body.length);
    return body;
  }

  async getRange(key: Key, range: Range, options: Options = {}): Promise<Uint8Array | undefined> {
    const name = key.slice(1);
    if (!("suffixLength" in range)) {
      const body = await this.#part(name, range.offset, range.length, options.what ?? "value", options.signal);
      if (body !== undefined) options.received?.(body.length);
      return body;
    }
    // All chunks of a shard wait for its index, so that none of them may cancel it.
    const what = "index of a shard";
    if ([...this.indexAtStart].some((path) => name.startsWith(path))) return this.#part(name, 0, range.suffixLength, what);
    if (this.#suffixWorks) {
      try {
        return await this.#checked(name, `bytes=-${range.suffixLength}`, range.suffixLength, null, what);
      } catch (error) {
        // Asking for the end needs a permission of its own from servers elsewhere; the size needs none.
        if (!(error instanceof ViewerError) || error.kind !== "cors") throw error;
        this.#suffixWorks = false;
      }
    }
    const { response } = await this.#ask(name, "size of a shard", { method: "HEAD" });
    if (response.status === 404) return undefined;
    if (!response.ok) throw this.#refused(name, response);
    return this.#part(name, Number(response.headers.get("content-length")) - range.suffixLength, range.suffixLength, what);
  }

  /** The stored size of a value, or null where it is not there or not told. */
  async size(key: string, signal?: AbortSignal): Promise<number | null> {
    const { response } = await this.#ask(key, "size of a chunk", { method: "HEAD" }, signal);
    const length = response.headers.get("content-length");
    return response.ok && length !== null ? Number(length) : null;
  }

  #part(key: string, offset: number, length: number, what: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#checked(key, `bytes=${offset}-${offset + length - 1}`, length, offset, what, signal);
  }

  async #checked(key: string, range: string, length: number, offset: number | null, what: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const { response, body } = await this.#ask(key, what, { headers: { Range: range } }, signal, range);
    if (response.status === 404) return undefined;
    if (response.status === 200) throw wholeForRange(key);
    if (response.status === 416) throw this.#short(key, range, "no such bytes: the file is shorter");
    if (response.status !== 206) throw this.#refused(key, response);
    const told = /^bytes (\d+)-(\d+)\//.exec(response.headers.get("content-range") ?? "");
    if (told !== null && offset !== null && Number(told[1]) !== offset) throw this.#short(key, range, `bytes from ${told[1] ?? ""} on`);
    if (body.length !== length) throw this.#short(key, range, `${body.length} bytes instead of ${length}`);
    return body;
  }

  async #ask(key: string, what: string, init: RequestInit, signal?: AbortSignal, range: string | null = null): Promise<{ response: Response; body: Uint8Array }> {
    const url = new URL(key, this.root);
    url.search = this.root.search;
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const either = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    let response: Response;
    try {
      response = await this.#fetch(url, { ...init, signal: either });
    } catch (error) {
      signal?.throwIfAborted();
      if (patience.aborted) throw this.#slow(key);
      throw await this.#unreached(url, error);
    }
    try {
      // A whole file in place of a part is refused: there is no need to wait for all of it.
      const wanted = response.ok && (range === null || response.status === 206);
      const body = wanted ? new Uint8Array(await response.arrayBuffer()) : new Uint8Array();
      if (!wanted) await response.body?.cancel();
      this.log.add({ what, key, range, status: response.status, bytes: body.length });
      return { response, body };
    } catch (error) {
      signal?.throwIfAborted();
      if (patience.aborted || isAbort(error)) throw this.#slow(key);
      throw this.#short(key, range ?? "all of it", "a body that ends before the length it announced");
    }
  }

  async #unreached(url: URL, error: unknown): Promise<unknown> {
    if (!(error instanceof TypeError)) return error;
    const online = typeof navigator === "undefined" || navigator.onLine !== false;
    const here = typeof location === "undefined" ? "" : location.origin;
    if (!online || url.origin === here) return notReached(url.host, online);
    // An answer that this page may not read proves that the server is there.
    const answers = await this.#fetch(url, { mode: "no-cors", method: "HEAD", signal: AbortSignal.timeout(10_000) }).then(() => true, () => false);
    return answers ? forbiddenByBrowser(url.host, here) : notReached(url.host, true);
  }

  #refused(key: string, response: Response): ViewerError {
    const again = response.status >= 500 || response.status === 429;
    return new ViewerError(
      "refused",
      `Expected ${key}, found status ${response.status} ${response.statusText}`.trimEnd() + ".",
      again ? "The server is busy or broken; try again later." : "The store does not show it to the public. Object stores also answer 403 for a chunk that is not stored, unless anybody may list the bucket.",
    );
  }

  #short(key: string, range: string, found: string): ViewerError {
    return new ViewerError("short", `Expected ${range} of ${key}, found ${found}.`, "The file is cut or was replaced meanwhile, or something between here and the server cuts answers. Reload; if it stays, compare the file with its source.");
  }

  #slow(key: string): ViewerError {
    return new ViewerError("slow", `Expected ${key} within ${PATIENCE_MS / 1000} seconds, found no whole answer.`, "Try again, from a faster network if there is one.");
  }
}
