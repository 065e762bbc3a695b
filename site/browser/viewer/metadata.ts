// The layout of an array from its metadata document: Zarr v2 specification, ".zarray"; Zarr v3 core, "zarr.json".

import { ViewerError } from "./failures.ts";
import { checkSupport, type Codec } from "./support.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Document = { [key: string]: Json };

export interface Layout {
  readonly format: 2 | 3;
  readonly shape: readonly number[];
  /** Lengths of what is decoded alone: inner chunks where there are shards. */
  readonly chunks: readonly number[];
  readonly shards: readonly number[] | null;
  /** By its name in Zarr format 3, whatever the byte order. */
  readonly dtype: string;
  /** Names, those inside of shards included. */
  readonly codecs: readonly string[];
  readonly dims: readonly (string | null)[];
  readonly indexAtStart: boolean;
  /** Between the numbers of a chunk's key, and what stands before them. */
  readonly key: { readonly prefix: string; readonly separator: string };
  /** The attributes `_FillValue` and `missing_value` of the CF conventions, where they are numbers. */
  readonly missing: readonly number[];
}

const V2_TYPES: Record<string, string> = {
  b1: "bool", i1: "int8", u1: "uint8", i2: "int16", u2: "uint16", i4: "int32", u4: "uint32", i8: "int64", u8: "uint64",
  f2: "float16", f4: "float32", f8: "float64",
};
const LONG_INTEGER = /"(?:\\.|[^"\\])*"|(?<![\w.+-])-?\d{16,}(?![\w.])/g;

export const isDocument = (value: Json | undefined): value is Document => typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON in which integers too long for a double become strings: zarrita takes those for 64-bit fill values. */
export function exactJson(text: string, key: string): Document {
  let value: Json;
  try {
    value = JSON.parse(text.replace(LONG_INTEGER, (token) => (token.startsWith('"') ? token : `"${token}"`))) as Json;
  } catch (cause) {
    throw new ViewerError("metadata", `Expected JSON in ${key}, found something else.`, "Write the metadata again.", cause);
  }
  if (!isDocument(value)) throw odd(key, "a JSON object");
  return value;
}

const odd = (key: string, expected: string): ViewerError =>
  new ViewerError("metadata", `Expected ${expected} in ${key}, found something else.`, "Write the metadata again, with zarr for one.");

function lengths(value: Json | undefined, key: string, name: string): number[] {
  if (!Array.isArray(value) || !value.every((length): length is number => Number.isSafeInteger(length) && Number(length) >= 0)) throw odd(key, `whole numbers as ${name}`);
  return value;
}

function named(value: Json | undefined): Codec[] {
  return (Array.isArray(value) ? value : []).filter(isDocument).map((codec) => ({
    name: String(codec["name"] ?? codec["id"]),
    settings: isDocument(codec["configuration"]) ? codec["configuration"] : codec,
  }));
}

const numbers = (attributes: Document): number[] =>
  ["_FillValue", "missing_value"].map((name) => attributes[name]).flat().filter((value): value is number => typeof value === "number");

/** The layout that an array's document describes. @throws ViewerError where the viewer could not show right values. */
export function readLayout(document: Document, attributes: Document, key: string): Layout {
  const layout = document["zarr_format"] === 2 ? version2(document, attributes, key) : version3(document, attributes, key);
  if (layout.chunks.length !== layout.shape.length || (layout.shards ?? layout.shape).length !== layout.shape.length) throw odd(key, `${layout.shape.length} lengths of a chunk`);
  if (layout.chunks.includes(0)) throw odd(key, "chunks of one element or more");
  return layout;
}

function version2(document: Document, attributes: Document, key: string): Layout {
  const stored = typeof document["dtype"] === "string" ? document["dtype"] : "structured";
  const dtype = V2_TYPES[stored.slice(1)] ?? stored;
  const compressor = document["compressor"];
  const codecs = [...named(document["filters"]), ...named(isDocument(compressor) ? [compressor] : [])];
  checkSupport(2, stored, dtype, codecs);
  const names = attributes["_ARRAY_DIMENSIONS"];
  const shape = lengths(document["shape"], key, "shape");
  return {
    format: 2, shape, chunks: lengths(document["chunks"], key, "chunks"), shards: null, dtype,
    codecs: codecs.map(({ name }) => name), dims: dimensions(names, shape.length), indexAtStart: false, missing: numbers(attributes),
    key: { prefix: "", separator: String(document["dimension_separator"] ?? ".") },
  };
}

function version3(document: Document, attributes: Document, key: string): Layout {
  const grid = document["chunk_grid"];
  if (!isDocument(grid) || grid["name"] !== "regular" || !isDocument(grid["configuration"])) {
    throw new ViewerError("metadata", `Expected the chunk grid "regular" in ${key}, found ${JSON.stringify(isDocument(grid) ? grid["name"] : null)}.`, "Only arrays of equal chunks are shown here; zarr_partial.open reads the others.");
  }
  const data = document["data_type"];
  const dtype = typeof data === "string" ? data : isDocument(data ?? null) ? String((data as Document)["name"]) : "unknown";
  const codecs = named(document["codecs"]);
  const outer = lengths(grid["configuration"]["chunk_shape"], key, "chunk_shape");
  const sharding = codecs.find(({ name }) => name === "sharding_indexed");
  const inner = sharding === undefined ? [] : named(sharding.settings["codecs"]);
  checkSupport(3, dtype, dtype, codecs, inner, sharding === undefined ? [] : named(sharding.settings["index_codecs"]));
  const shape = lengths(document["shape"], key, "shape");
  return {
    format: 3, shape, dtype,
    chunks: sharding === undefined ? outer : lengths(sharding.settings["chunk_shape"], key, "chunk_shape of sharding_indexed"),
    shards: sharding === undefined ? null : outer,
    codecs: [...codecs, ...inner].map(({ name }) => name),
    dims: dimensions(document["dimension_names"], shape.length),
    indexAtStart: sharding?.settings["index_location"] === "start",
    missing: numbers(attributes),
    key: encoding(document["chunk_key_encoding"] ?? null, key),
  };
}

function encoding(value: Json, key: string): Layout["key"] {
  const name = isDocument(value) ? value["name"] : value;
  if (name !== "default" && name !== "v2") throw odd(key, 'the chunk key encoding "default" or "v2"');
  const settings = isDocument(value) && isDocument(value["configuration"] ?? null) ? (value["configuration"] as Document) : {};
  const separator = String(settings["separator"] ?? (name === "default" ? "/" : "."));
  return { prefix: name === "default" ? `c${separator}` : "", separator };
}

/** Under which key a chunk that is no part of a shard is stored, below its array. */
export function chunkKey({ key, shape }: Layout, coordinates: readonly number[]): string {
  if (shape.length === 0) return key.prefix === "" ? "0" : "c";
  return key.prefix + coordinates.join(key.separator);
}

function dimensions(names: Json | undefined, rank: number): (string | null)[] {
  return Array.from({ length: rank }, (_, axis) => {
    const name = Array.isArray(names) ? names[axis] : null;
    return typeof name === "string" && name !== "" ? name : null;
  });
}

const SPECIAL: Record<string, string> = { float16: "h", float32: "f", float64: "d" };

/**
 * The document as zarrita shall read it: fill values it would misread are written so that it does not.
 *
 * A missing fill value is zero; a float given by its bits ("0x7fc00000") is that float.
 */
export function forZarrita(document: Document, dtype: string): Document {
  const fill = document["fill_value"] ?? null;
  if (fill === null) return { ...document, fill_value: dtype === "bool" ? false : 0 };
  if (!(dtype in SPECIAL) || typeof fill !== "string" || !fill.startsWith("0x")) return document;
  const view = new DataView(new ArrayBuffer(8));
  const digits = fill.slice(2);
  view.setBigUint64(0, BigInt(fill) << BigInt(64 - 4 * digits.length));
  const value = dtype === "float64" ? view.getFloat64(0) : dtype === "float32" ? view.getFloat32(0) : half(view.getUint16(0));
  return { ...document, fill_value: Number.isFinite(value) ? value : String(value) };
}

/** The half-precision number with these bits (IEEE 754 binary16). */
export function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
