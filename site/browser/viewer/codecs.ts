// Checks that zarrita's codecs leave out: the checksum of crc32c, and whether a Blosc chunk is whole.
//
// zarrita drops the checksum unread; the Blosc decoder, given half a chunk, returns numbers all the same.

import { registry } from "zarrita";

import { bloscFault, crc32c } from "./integrity.ts";
import { itemBytes } from "./support.ts";

interface Meta {
  readonly dataType: string;
  readonly shape: readonly number[];
}
interface Decoder {
  decode(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}
type Loader = () => Promise<{ fromConfig(configuration: unknown, meta: Meta): Decoder }>;

const encode = (): never => {
  throw new Error("The viewer writes nothing.");
};

const checkedCrc32c = {
  fromConfig: () => ({
    kind: "bytes_to_bytes" as const,
    encode,
    computeEncodedSize: (size: number): number => size + 4,
    decode(bytes: Uint8Array): Uint8Array {
      const body = bytes.subarray(0, bytes.length - 4);
      const stored = bytes.length < 4 ? null : new DataView(bytes.buffer, bytes.byteOffset + body.length).getUint32(0, true);
      const found = crc32c(body);
      if (stored !== found) throw new Error(`the checksum is ${found.toString(16)}, stored is ${stored?.toString(16) ?? "none"}`);
      return body;
    },
  }),
};

function checkedBlosc(load: Loader): Loader {
  return async () => {
    const Blosc = await load();
    return {
      fromConfig(configuration: unknown, meta: Meta) {
        const decoder = Blosc.fromConfig(configuration, meta);
        const expected = meta.shape.reduce((product, length) => product * length, itemBytes(meta.dataType));
        return {
          kind: "bytes_to_bytes" as const,
          encode,
          decode(bytes: Uint8Array) {
            const fault = bloscFault(bytes, expected);
            if (fault !== null) throw new Error(fault);
            return decoder.decode(bytes);
          },
        };
      },
    };
  };
}

let done = false;

/** Put the checks in front of zarrita's codecs, once. */
export function checkCodecs(): void {
  if (done) return;
  done = true;
  registry.set("crc32c", () => checkedCrc32c as never);
  for (const name of ["blosc", "numcodecs.blosc"]) {
    const load = registry.get(name);
    if (load !== undefined) registry.set(name, checkedBlosc(load as unknown as Loader) as never);
  }
}
