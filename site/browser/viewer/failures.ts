// What went wrong, in words: what was expected, what was found, and what to do about it.

export type Kind =
  | "address" | "missing" | "refused" | "cors" | "offline" | "unreachable" | "slow"
  | "range" | "short" | "metadata" | "codec" | "dtype" | "corrupt";

/** A failure that a reader can understand; `message` is one sentence, `remedy` says what to do. */
export class ViewerError extends Error {
  override readonly name = "ViewerError";
  readonly kind: Kind;
  readonly remedy: string;

  constructor(kind: Kind, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.remedy = remedy;
  }
}

// After one of these, no other chunk can be read either.
const FATAL: ReadonlySet<Kind> = new Set(["range", "cors", "offline", "unreachable"]);

export const isFatal = ({ kind }: ViewerError): boolean => FATAL.has(kind);

/** Whether an error only says that nobody waits for the answer any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `; ${reason(error.cause)}`;
  return `${error.message}${cause}`;
};

/** Any error that came out of reading `what`, as one that says what to do. */
export function explained(error: unknown, what: string): ViewerError {
  if (error instanceof ViewerError) return error;
  // zarrita wraps what codecs throw; our own failures may lie inside.
  if (error instanceof Error && error.cause instanceof ViewerError) return error.cause;
  return new ViewerError(
    "corrupt",
    `Expected ${what} to decode, found that it does not (${reason(error)}).`,
    "The stored bytes are damaged, or were written by other codecs than the metadata say. Compare them with the source, and write this chunk again.",
    error,
  );
}

/** The failure of a server that was reached but whose answer the browser keeps from this page. */
export function forbiddenByBrowser(host: string, origin: string): ViewerError {
  return new ViewerError(
    "cors",
    `Expected ${host} to let this site read its answers (CORS), found that it answers but does not.`,
    `The browser forbids it, and no page can change that. The owner of the store would set the headers "Access-Control-Allow-Origin: ${origin}" (or *), "Access-Control-Allow-Headers: Range" and "Access-Control-Expose-Headers: Content-Range". Python is not bound by this: zarr.open reads the same address.`,
  );
}

export function notReached(host: string, online: boolean): ViewerError {
  if (!online) {
    return new ViewerError("offline", `Expected an answer of ${host}, found that this device is offline.`, "Connect to a network and try again.");
  }
  return new ViewerError(
    "unreachable",
    `Expected an answer of ${host}, found none: the name is unknown, nobody listens there, or the connection was cut.`,
    "Look for a slip in the address; open it in a tab of its own to see what the browser says; or try again later.",
  );
}

/** The failure of a server that ignores Range. */
export function wholeForRange(key: string): ViewerError {
  return new ViewerError(
    "range",
    `Expected status 206 and a part of ${key}, found status 200: this server ignores Range requests and sends whole files.`,
    "A sharded array cannot be read from it: parts would be taken from the wrong place and shown as wrong numbers, so nothing is shown. Serve the folder with ranges (nginx, Caddy, any object store, uv run outreach serve); python -m http.server has none.",
  );
}
