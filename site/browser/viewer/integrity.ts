// Whether stored bytes are what their own headers and checksums say.

const CRC = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli, RFC 3720), as the codec crc32c of Zarr stores it. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

const HEADER = 16;
const COPIED = 0x02;

/**
 * What is wrong with a Blosc 1 chunk that shall hold `expected` bytes; null if its frame is whole.
 *
 * Blosc has no checksum: damage inside of a block that still decodes stays unseen here as elsewhere.
 * Source: README_CHUNK_FORMAT.rst of c-blosc.
 */
export function bloscFault(bytes: Uint8Array, expected: number): string | null {
  if (bytes.length < HEADER) return `${bytes.length} bytes are too few for the header of Blosc`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, flags] = [view.getUint8(0), view.getUint8(2)];
  const [size, blockSize, stored] = [view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true)];
  if (version !== 2) return `the first byte is ${version}, that of Blosc is 2`;
  if (size !== expected) return `its header says ${size} bytes of values, the metadata ${expected}`;
  if (stored > bytes.length) return `its header says ${stored} stored bytes, ${bytes.length} are there`;
  if (flags & COPIED) return stored === HEADER + size ? null : `${stored} stored bytes do not hold ${size} uncompressed ones`;
  if (size === 0) return null;
  if (blockSize === 0) return "its header says blocks of 0 bytes";
  const blocks = Math.ceil(size / blockSize);
  const first = HEADER + 4 * blocks;
  if (first > stored) return `${blocks} blocks have no room in ${stored} stored bytes`;
  for (let block = 0; block < blocks; block += 1) {
    const start = view.getUint32(HEADER + 4 * block, true);
    if (start < first || start + 4 > stored) return `block ${block} starts at byte ${start} of ${stored}`;
    const length = view.getInt32(start, true);
    if (length <= 0 || start + 4 + length > stored) return `block ${block} says that ${length} bytes follow byte ${start} of ${stored}`;
  }
  return null;
}
