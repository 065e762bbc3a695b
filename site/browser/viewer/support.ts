// Which arrays the viewer shows: those that zarrita reads exactly. Anything else is refused by name.

import { ViewerError } from "./failures.ts";
import type { Document } from "./metadata.ts";

export interface Codec {
  readonly name: string;
  readonly settings: Document;
}

const TYPES = new Set(["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64"]);
const BYTES: Record<string, number> = { bool: 1, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float16: 2, float32: 4, float64: 8 };
// By Zarr format. zarrita registers more, some of which change values (bitround, scale_offset) or make objects.
const CODECS = {
  2: new Set(["blosc", "delta", "gzip", "lz4", "shuffle", "zlib", "zstd"]),
  3: new Set(["blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd", "numcodecs.blosc", "numcodecs.gzip", "numcodecs.lz4", "numcodecs.zlib", "numcodecs.zstd"]),
};

export const itemBytes = (dtype: string): number => BYTES[dtype] ?? 1;

const elsewhere = "zarr and zarr_partial read it in Python; a sample with another one can be shown here.";

/** @throws ViewerError that names the first thing that could not be shown right. `stored` is the data type as written. */
export function checkSupport(format: 2 | 3, stored: string, dtype: string, codecs: readonly Codec[], inner: readonly Codec[] = [], index: readonly Codec[] = []): void {
  if (!TYPES.has(dtype)) {
    throw new ViewerError("dtype", `Expected numbers of a fixed size (${[...TYPES].join(", ")}), found the data type ${JSON.stringify(stored)}.`, `Strings, dates, complex and structured values are not drawn; ${elsewhere}`);
  }
  if (dtype === "float16" && !("Float16Array" in globalThis)) {
    throw new ViewerError("dtype", "Expected a browser that has float16, found one that does not.", "Chromium has it since version 135, Firefox since 129, Safari since 18.2.");
  }
  for (const { name, settings } of [...codecs, ...inner, ...index]) {
    if (!CODECS[format].has(name)) {
      throw new ViewerError("codec", `Expected codecs that browsers can decode (${[...CODECS[format]].join(", ")}), found "${name}".`, `It cannot be decoded here; ${elsewhere}`);
    }
    if (name === "delta" && (settings["astype"] ?? settings["dtype"]) !== settings["dtype"]) {
      throw new ViewerError("codec", `Expected delta to keep the data type, found that it stores ${JSON.stringify(settings["astype"])}.`, elsewhere);
    }
    if (name === "shuffle" && (settings["elementsize"] ?? 4) !== itemBytes(dtype)) {
      throw new ViewerError("codec", `Expected shuffle with elements of ${itemBytes(dtype)} bytes, as ${dtype} has, found ${JSON.stringify(settings["elementsize"] ?? 4)}.`, elsewhere);
    }
  }
  // zarrita skips whatever stands beside the sharding, and reads no shards inside of shards.
  const beside = codecs.some(({ name }) => name === "sharding_indexed") ? codecs.find(({ name }) => name !== "sharding_indexed") : undefined;
  if (beside !== undefined || inner.some(({ name }) => name === "sharding_indexed")) {
    throw new ViewerError("codec", `Expected sharding_indexed alone, found ${beside === undefined ? "shards inside of shards" : `"${beside.name}" beside it`}.`, elsewhere);
  }
}
