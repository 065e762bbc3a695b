// Which addresses the viewer asks: https, or http on this machine; never anything that runs.

import { ViewerError } from "./failures.ts";

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
const METADATA = /\/(?:zarr\.json|\.zarray|\.zgroup|\.zattrs|\.zmetadata)$/;
// Buckets that are public answer under these addresses too; the ones that browsers can ask.
const BUCKETS = new Map([
  ["s3:", (bucket: string, path: string) => `https://${bucket}.s3.amazonaws.com${path}`],
  ["gs:", (bucket: string, path: string) => `https://storage.googleapis.com/${bucket}${path}`],
]);

const refused = (found: string, remedy: string): ViewerError =>
  new ViewerError("address", `Expected the https address of a Zarr array or group, found ${found}.`, remedy);

/**
 * The folder that a pasted address names, with a slash at the end and without a fragment.
 *
 * @throws ViewerError of kind "address" for anything but https, or http of this machine.
 */
export function checkAddress(text: string): URL {
  const trimmed = text.trim();
  if (trimmed === "") throw refused("nothing", "Paste one that ends in the name of an array or a group, such as https://example.org/data.zarr.");
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    throw refused(`"${trimmed.slice(0, 80)}"`, "Begin it with https://.");
  }
  const bucket = BUCKETS.get(url.protocol);
  if (bucket !== undefined) throw refused(`an address of ${url.protocol}//`, `Browsers cannot ask it; a public bucket also answers at ${bucket(url.host, url.pathname)}`);
  const local = url.protocol === "http:" && LOCAL.has(url.hostname);
  if (url.protocol !== "https:" && !local) throw refused(`one that begins with ${url.protocol}`, "Use https; http is taken for localhost and 127.0.0.1 only.");
  if (url.username !== "" || url.password !== "") throw refused("one with a name or a password in it", "Leave them out: only public stores can be read here, and the address is kept in the page's own.");
  url.hash = "";
  url.pathname = url.pathname.replace(METADATA, "/");
  if (/\.zip$/i.test(url.pathname)) throw refused("a ZIP archive", "Unpack it where it is served, or read it with zarr_partial.open.");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
