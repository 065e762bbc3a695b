import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import { after, before, test } from "node:test";

import { checkAddress } from "../../site/browser/viewer/address.ts";
import { ViewerError } from "../../site/browser/viewer/failures.ts";
import { bloscFault, crc32c } from "../../site/browser/viewer/integrity.ts";
import { decimal, RequestLog } from "../../site/browser/viewer/log.ts";
import { chunkKey, exactJson, forZarrita, half, readLayout, type Document } from "../../site/browser/viewer/metadata.ts";
import { multiscaleOf } from "../../site/browser/viewer/multiscale.ts";
import { CheckedStore } from "../../site/browser/viewer/store.ts";

const kind = (wanted: string) => (error: unknown): boolean => error instanceof ViewerError && error.kind === wanted && error.remedy !== "";

for (const [text, folder] of [
  ["https://example.org/a.zarr", "https://example.org/a.zarr/"],
  ["  https://example.org/a.zarr/zarr.json#top ", "https://example.org/a.zarr/"],
  ["https://example.org/a.zarr/.zattrs?key=1", "https://example.org/a.zarr/?key=1"],
  ["http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a/"],
  ["http://localhost/a/", "http://localhost/a/"],
] as const) {
  test(`${text} is taken`, () => assert.equal(checkAddress(text).href, folder));
}

for (const text of ["", "data.zarr", "http://example.org/a", "http://localhost.example.org/a", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "s3://bucket/a", "https://me:secret@example.org/a", "https://example.org/a.zip"]) {
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => checkAddress(text), kind("address")));
}

test("an address of a bucket is answered with the one that browsers can ask", () => {
  assert.throws(() => checkAddress("s3://bucket/a.zarr"), (error: ViewerError) => error.remedy.includes("https://bucket.s3.amazonaws.com/a.zarr"));
});

test("integers of 64 bits keep all their digits, other text stays as it is", () => {
  const text = '{"fill_value": 18446744073709551615, "note": "a: 12345678901234567890,", "x": 1.1234567890123456789, "n": [-9223372036854775808]}';
  assert.deepEqual(exactJson(text, "k"), { fill_value: "18446744073709551615", note: "a: 12345678901234567890,", x: 1.1234567890123457, n: ["-9223372036854775808"] });
  assert.throws(() => exactJson("<!doctype html>", "k"), kind("metadata"));
  assert.throws(() => exactJson("[]", "k"), kind("metadata"));
});

const array = (over: Document): Document => ({
  zarr_format: 3, node_type: "array", shape: [10, 20], data_type: "float32", fill_value: 0, attributes: {},
  chunk_grid: { name: "regular", configuration: { chunk_shape: [5, 10] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } }, codecs: [{ name: "bytes" }], ...over,
});
const sharding = (inner: Document[], location: string): Document => ({
  name: "sharding_indexed",
  configuration: { chunk_shape: [5, 5], codecs: inner, index_codecs: [{ name: "bytes" }, { name: "crc32c" }], index_location: location },
});

test("the chunks of a sharded array are the inner ones", () => {
  const layout = readLayout(array({ codecs: [sharding([{ name: "bytes" }, { name: "zstd" }], "start")] }), {}, "k");
  assert.deepEqual([layout.chunks, layout.shards, layout.codecs, layout.indexAtStart], [[5, 5], [5, 10], ["sharding_indexed", "bytes", "zstd"], true]);
});

test("chunks are stored under their keys", () => {
  const v2 = (separator: string): Document => ({ zarr_format: 2, shape: [4, 4], chunks: [2, 2], dtype: ">i2", filters: null, compressor: null, order: "F", fill_value: null, dimension_separator: separator });
  assert.equal(chunkKey(readLayout(v2("."), {}, "k"), [1, 0]), "1.0");
  assert.equal(chunkKey(readLayout(v2("/"), {}, "k"), [1, 0]), "1/0");
  assert.equal(chunkKey(readLayout(array({}), {}, "k"), [1, 0]), "c/1/0");
});

for (const [name, over, wanted] of [
  ["strings", { data_type: "string" }, "dtype"],
  ["complex numbers", { data_type: "complex64" }, "dtype"],
  ["structured values", { data_type: { name: "structured", configuration: {} } }, "dtype"],
  ["an unknown codec", { codecs: [{ name: "bytes" }, { name: "pcodec" }] }, "codec"],
  ["a transpose beside sharding, which zarrita would skip", { codecs: [{ name: "transpose" }, sharding([{ name: "bytes" }], "end")] }, "codec"],
  ["shards in shards", { codecs: [sharding([sharding([{ name: "bytes" }], "end")], "end")] }, "codec"],
  ["unequal chunks", { chunk_grid: { name: "rectilinear", configuration: {} } }, "metadata"],
  ["chunks of another rank", { chunk_grid: { name: "regular", configuration: { chunk_shape: [5] } } }, "metadata"],
  ["chunks without elements", { chunk_grid: { name: "regular", configuration: { chunk_shape: [0, 5] } } }, "metadata"],
] as const) {
  test(`${name} are refused by name`, () => assert.throws(() => readLayout(array(over as unknown as Document), {}, "k"), kind(wanted)));
}

test("fill values that zarrita would misread are written for it", () => {
  assert.equal(forZarrita({ fill_value: null }, "int64")["fill_value"], 0);
  assert.equal(forZarrita({ fill_value: "0x7fc00000" }, "float32")["fill_value"], "NaN");
  assert.equal(forZarrita({ fill_value: "0x3ff8000000000000" }, "float64")["fill_value"], 1.5);
  assert.equal(forZarrita({ fill_value: "0xfc00" }, "float16")["fill_value"], "-Infinity");
  assert.equal(forZarrita({ fill_value: "Infinity" }, "float32")["fill_value"], "Infinity");
  assert.deepEqual([half(0x3c00), half(0x0001), half(0xc000)], [1, 2 ** -24, -2]);
});

test("levels and axes are found in OME-Zarr 0.4 and 0.5, and paths may not climb", () => {
  const image = { axes: [{ name: "c", type: "channel" }, { name: "y", type: "space" }], datasets: [{ path: "0" }, { path: "1" }] };
  const expected = { paths: ["0", "1"], axes: ["c", "y"], channel: 0 };
  assert.deepEqual(multiscaleOf({ multiscales: [{ ...image, version: "0.4" }] }), expected);
  assert.deepEqual(multiscaleOf({ ome: { version: "0.5", multiscales: [image] } }), expected);
  assert.equal(multiscaleOf({ multiscales: [{ ...image, datasets: [{ path: "../../else" }] }] }), null);
  assert.equal(multiscaleOf({}), null);
});

test("the checksum is CRC-32C", () => assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283));

test("a Blosc frame must be whole", () => {
  const frame = new Uint8Array(16 + 8);
  const view = new DataView(frame.buffer);
  frame.set([2, 1, 0x02, 4]);
  view.setUint32(4, 8, true);
  view.setUint32(8, 8, true);
  view.setUint32(12, 24, true);
  assert.equal(bloscFault(frame, 8), null);
  assert.match(bloscFault(frame.subarray(0, 20), 8) ?? "", /24 stored bytes, 20 are there/);
  assert.match(bloscFault(frame, 12) ?? "", /8 bytes of values, the metadata 12/);
  assert.match(bloscFault(new TextEncoder().encode("<!doctype html>..."), 8) ?? "", /first byte is 60/);
});

test("bytes are told in decimal units", () => assert.deepEqual([0, 999, 1000, 18_240, 1.5e6].map(decimal), ["0 B", "999 B", "1 kB", "18.2 kB", "1.5 MB"]));

let server: Server;
let root: URL;
const answers: Record<string, (range: string | undefined, response: ServerResponse) => void> = {
  "/whole": (_, response) => response.writeHead(200).end("0123456789"),
  "/part": (range, response) => {
    const [, from = "7", to = "9"] = /bytes=(\d+)-(\d+)/.exec(range ?? "") ?? [];
    response.writeHead(206, { "content-range": `bytes ${from}-${to}/10` }).end("0123456789".slice(Number(from), Number(to) + 1));
  },
  "/short": (_, response) => response.writeHead(206).end("012"),
  "/shifted": (_, response) => response.writeHead(206, { "content-range": "bytes 0-3/10" }).end("0123"),
  "/private": (_, response) => response.writeHead(403).end(),
  "/busy": (_, response) => response.writeHead(503).end(),
  "/page": (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"),
};

before(async () => {
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end();
    else answer(request.headers.range, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  root = new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`);
});
after(() => {
  server.closeAllConnections();
  server.close();
});

test("parts are counted with what they were for", async () => {
  const store = new CheckedStore(root, new RequestLog());
  let came = 0;
  const bytes = await store.getRange("/part", { offset: 2, length: 3 }, { what: "chunk 1, 0", received: (count) => { came = count; } });
  assert.equal(new TextDecoder().decode(bytes), "234");
  assert.equal(new TextDecoder().decode(await store.getRange("/part", { suffixLength: 3 })), "789");
  assert.equal(came, 3);
  assert.deepEqual(store.log.requests, [
    { what: "chunk 1, 0", key: "part", range: "bytes=2-4", status: 206, bytes: 3 },
    { what: "index of a shard", key: "part", range: "bytes=-3", status: 206, bytes: 3 },
  ]);
  assert.equal(store.log.bytes, 6);
});

test("an index at the start of a shard is asked for there", async () => {
  const store = new CheckedStore(root, new RequestLog());
  store.indexAtStart.add("");
  assert.equal(new TextDecoder().decode(await store.getRange("/part", { suffixLength: 3 })), "012");
});

for (const [key, wanted] of [["/whole", "range"], ["/short", "short"], ["/shifted", "short"], ["/private", "refused"], ["/busy", "refused"]] as const) {
  test(`a part of ${key} is refused: ${wanted}`, async () => {
    await assert.rejects(new CheckedStore(root, new RequestLog()).getRange(key, { offset: 2, length: 4 }), kind(wanted));
  });
}

test("what is missing is undefined, and a page in place of metadata is missing too", async () => {
  const store = new CheckedStore(root, new RequestLog());
  assert.equal(await store.get("/nowhere"), undefined);
  assert.equal(await store.text("private"), undefined);
  assert.equal(await store.text("page"), undefined);
  await assert.rejects(store.text("busy"), kind("refused"));
});

test("nobody listening is told apart from an answer", async () => {
  const gone = new URL("http://127.0.0.1:9/");
  await assert.rejects(new CheckedStore(gone, new RequestLog()).get("/a"), kind("unreachable"));
});

test("an aborted request ends with the reason of the signal", async () => {
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(new CheckedStore(root, new RequestLog()).get("/whole", { signal: controller.signal }), { name: "AbortError" });
});
