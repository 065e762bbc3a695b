// The live count: chunks, bytes and requests, and on demand the list of all of them.

import { element } from "./elements.ts";
import { decimal, type RequestLog } from "./log.ts";

export interface Count {
  readonly fetched: number;
  readonly chunks: number;
  /** Says of what `chunks` are the sum, such as " of level 1"; may be empty. */
  readonly of: string;
  readonly bytes: number;
  /** Null where the store does not say how much it holds. */
  readonly stored: number | null;
  readonly values: number;
  readonly requests: number;
  /** Chunks that were asked for and are in no store. */
  readonly absent: number;
}

const plural = (count: number, noun: string): string => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** The count in words: one line for each number. */
export function counted(count: Count): readonly [chunks: string, bytes: string, requests: string] {
  const total = count.stored === null ? `, stored size not told; ${decimal(count.values)} of values` : ` of ${decimal(count.stored)} stored`;
  return [
    `${count.fetched.toLocaleString("en")} of ${plural(count.chunks, "chunk")}${count.of}`,
    `${decimal(count.bytes)} fetched${total}`,
    plural(count.requests, "request") + (count.absent === 0 ? "" : `, ${plural(count.absent, "chunk")} not stored`),
  ];
}

/** Show the count in `place`, with a bar of the share that was fetched. */
export function showCount(place: HTMLElement, count: Count): void {
  if (place.childElementCount === 0) {
    place.append(element("p", { class: "bz-viewer-big", "data-bz-count": "chunks" }), element("span", { class: "bz-viewer-bar" }, element("span")), element("p", { "data-bz-count": "bytes" }), element("p", { "data-bz-count": "requests" }));
  }
  const lines = counted(count);
  ["chunks", "bytes", "requests"].forEach((name, line) => {
    const target = place.querySelector(`[data-bz-count=${name}]`);
    if (target !== null && target.textContent !== lines[line]) target.textContent = lines[line] ?? "";
  });
  const share = count.chunks === 0 ? 0 : (100 * count.fetched) / count.chunks;
  place.querySelector<HTMLElement>(".bz-viewer-bar > span")?.style.setProperty("width", `${share}%`);
  Object.assign(place.dataset, { fetched: String(count.fetched), chunks: String(count.chunks), bytes: String(count.bytes), requests: String(count.requests) });
}

/** Keep the list in `details` in step with the log while it is open. */
export function showRequests(details: HTMLDetailsElement, log: RequestLog): void {
  if (!details.open) return;
  let body = details.querySelector("tbody");
  if (body === null) {
    const head = ["No.", "For", "Of", "Range", "Status", "Bytes"].map((name) => element("th", { scope: "col" }, name));
    body = element("tbody");
    details.querySelector(".bz-scroll")?.append(element("table", { class: "bz-table bz-viewer-requests" }, element("thead", {}, element("tr", {}, ...head)), body));
  }
  for (const [index, request] of log.requests.entries()) {
    if (index < body.childElementCount) continue;
    const range = request.range?.replace("bytes=-", "last ").replace("bytes=", "") ?? "all";
    const cells = [request.what, request.key, range, String(request.status)].map((text) => element("td", {}, text));
    body.append(element("tr", {}, element("td", { class: "num" }, String(index + 1)), ...cells, element("td", { class: "num" }, request.bytes.toLocaleString("en"))));
  }
}
