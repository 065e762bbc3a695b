// Numbers as they were stored: typed arrays of any kind, copied without looking at what they mean.

/** Any typed array; 64-bit integers are BigInts. */
export interface Values {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly BYTES_PER_ELEMENT: number;
  readonly [index: number]: number | bigint;
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** The same memory as unsigned words, and how many make one element: copying floats may change the bits of NaN. */
export function wordsOf(values: Values): { words: Words; each: number } {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = values;
  if (size === 1) return { words: new Uint8Array(buffer, byteOffset, byteLength), each: 1 };
  if (size === 2) return { words: new Uint16Array(buffer, byteOffset, byteLength / 2), each: 1 };
  return { words: new Uint32Array(buffer, byteOffset, byteLength / 4), each: size / 4 };
}

/** A new array of the same kind. */
export function sameKind(values: Values, length: number): Values {
  return new (values.constructor as new (length: number) => Values)(length);
}

/** A value as people read it; booleans are stored as bytes. */
export function shown(value: number | bigint | undefined, dtype: string): string {
  if (value === undefined) return "";
  if (dtype === "bool") return value ? "true" : "false";
  if (typeof value === "bigint") return String(value);
  if (dtype === "float32") return String(Number(Math.fround(value).toPrecision(8)));
  return String(dtype === "float16" ? Number(value.toPrecision(5)) : value);
}

/** The least and greatest finite values that are not `missing`; null where there are none. */
export function extent(values: Values, missing: readonly number[]): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  const some = missing.length > 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = Number(values[at]);
    // NaN is neither less nor greater.
    if (value < low && value !== -Infinity && !(some && missing.includes(value))) low = value;
    if (value > high && value !== Infinity && !(some && missing.includes(value))) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Whether any element is NaN or one of `missing`. */
export function hasHoles(values: Values, missing: readonly number[]): boolean {
  if (missing.length === 0 && !values.constructor.name.startsWith("Float")) return false;
  for (let at = 0; at < values.length; at += 1) {
    const value = Number(values[at]);
    if (value !== value || missing.includes(value)) return true;
  }
  return false;
}
