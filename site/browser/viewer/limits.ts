// How much is fetched without asking.

import { chunkBytes } from "./geometry.ts";
import type { Layout } from "./metadata.ts";

export const CHUNK_BYTES = 16e6;
export const VIEW_BYTES = 64e6;
export const VIEW_CHUNKS = 300;

/** Whether a view that needs `chunks` more chunks must be agreed to; `agreed` is the most that was. */
export function mustAsk(layout: Layout, chunks: number, agreed: { readonly chunks: number; readonly bytes: number }): boolean {
  const bytes = chunks * chunkBytes(layout);
  if (chunks === 0 || (bytes <= agreed.bytes && chunks <= agreed.chunks)) return false;
  return chunkBytes(layout) > CHUNK_BYTES || bytes > VIEW_BYTES || chunks > VIEW_CHUNKS;
}
