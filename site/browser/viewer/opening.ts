// From an address to arrays: one array, the levels of an OME-Zarr image, or the names of what a group holds.

import { type Array as ZarrArray, type DataType, open, root } from "zarrita";

import { checkCodecs } from "./codecs.ts";
import { ViewerError } from "./failures.ts";
import { type Document, exactJson, forZarrita, isDocument, type Layout, readLayout } from "./metadata.ts";
import { axisNames, multiscaleOf } from "./multiscale.ts";
import type { CheckedStore } from "./store.ts";

export interface Level {
  /** Its path below the address; "" for a single array. */
  readonly path: string;
  readonly layout: Layout;
  readonly array: ZarrArray<DataType, CheckedStore>;
}

export interface Source {
  /** Finest first. */
  readonly levels: readonly Level[];
  readonly names: readonly string[];
  /** Whether the group says which axis is that of channels; null where it does not. */
  readonly channel: number | null;
}

interface Node {
  readonly format: 2 | 3;
  readonly document: Document | null;
  readonly attributes: Document;
  readonly groups: string | null;
}

const MAX_LEVELS = 32;

/** What a group without an image in it holds: arrays that the reader can choose from. */
export class Holdings extends ViewerError {
  readonly arrays: readonly string[];

  constructor(arrays: readonly string[]) {
    const found = arrays.length > 0 ? `a group of ${arrays.length} arrays` : "a group that lists nothing";
    const remedy = arrays.length > 0 ? "Choose one of them." : "Add the name of an array in it to the address.";
    super("metadata", `Expected an array or an OME-Zarr image, found ${found}.`, remedy);
    this.arrays = arrays;
  }
}

const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/**
 * Open what the store's address names. `first` is the metadata file known to be there, if any is known;
 * `known` names the axes of an array that has no names itself.
 *
 * @throws ViewerError that says what is missing or cannot be shown; Holdings for a group of other arrays.
 */
export async function openSource(store: CheckedStore, signal: AbortSignal, first: string | null = null, known: readonly string[] | null = null): Promise<Source> {
  checkCodecs();
  const node = await readNode(store, "", signal, first);
  if (node.document !== null) {
    const level = await openLevel(store, "", node);
    const dims = level.layout.dims.some((name) => name !== null) ? level.layout.dims : (known ?? []);
    return { levels: [level], names: axisNames(dims, level.layout.shape.length), channel: null };
  }
  let [base, attributes] = ["", node.attributes];
  if (attributes["bioformats2raw.layout"] !== undefined || (isDocument(attributes["ome"] ?? null) && (attributes["ome"] as Document)["bioformats2raw.layout"] !== undefined)) {
    // Files converted by bioformats2raw keep their images in numbered groups; the first is the one people mean.
    [base, attributes] = ["0", (await readNode(store, "0", signal, node.format === 2 ? ".zattrs" : "zarr.json")).attributes];
  }
  const image = multiscaleOf(attributes);
  if (image === null) throw new Holdings(await arraysIn(store, node, signal));
  if (image.paths.length > MAX_LEVELS) throw new ViewerError("metadata", `Expected at most ${MAX_LEVELS} levels, found ${image.paths.length}.`, "Open one of them by its own address.");
  const hint = node.format === 2 ? ".zarray" : "zarr.json";
  const levels = await Promise.all(image.paths.map(async (name) => {
    const path = joined(base, name);
    return openLevel(store, path, await readNode(store, path, signal, hint));
  }));
  const rank = levels[0]?.layout.shape.length ?? 0;
  if (levels.some(({ layout }) => layout.shape.length !== rank)) throw new ViewerError("metadata", "Expected levels with the same axes, found some with more.", "Write the image again.");
  const names = axisNames(image.axes ?? levels[0]?.layout.dims ?? [], rank);
  return { levels, names, channel: image.channel };
}

async function readNode(store: CheckedStore, path: string, signal: AbortSignal, first: string | null): Promise<Node> {
  const read = async (name: string): Promise<Document | null> => {
    const key = joined(path, name);
    const text = await store.text(key, signal);
    return text === undefined ? null : exactJson(text, key);
  };
  if (first === null || first === "zarr.json") {
    const document = await read("zarr.json");
    if (document !== null) {
      const attributes = isDocument(document["attributes"] ?? null) ? (document["attributes"] as Document) : {};
      const array = document["node_type"] === "array";
      const groups = isDocument(document["consolidated_metadata"] ?? null) ? JSON.stringify(document["consolidated_metadata"]) : null;
      return { format: 3, document: array ? document : null, attributes, groups };
    }
  }
  if (first === ".zattrs") return { format: 2, document: null, attributes: (await read(".zattrs")) ?? {}, groups: null };
  const [array, attributes] = await Promise.all([read(".zarray"), read(".zattrs")]);
  if (array !== null) return { format: 2, document: array, attributes: attributes ?? {}, groups: null };
  const group = await read(".zgroup");
  if (group === null && attributes?.["multiscales"] === undefined) {
    const looked = ["zarr.json", ".zarray", ".zattrs", ".zgroup"].map((name) => joined(path, name)).join(", ");
    throw new ViewerError("missing", `Expected the metadata of a Zarr array or group at ${store.root.href}, found none; looked for ${looked}.`, "The address must lead to the folder that holds one of these files. A file in a repository, a page about the data, or a folder above it will not do.");
  }
  return { format: 2, document: null, attributes: attributes ?? {}, groups: null };
}

async function openLevel(store: CheckedStore, path: string, node: Node): Promise<Level> {
  const name = node.format === 3 ? "zarr.json" : ".zarray";
  const key = joined(path, name);
  if (node.document === null) throw new ViewerError("metadata", `Expected an array at ${key}, found a group.`, "Correct the paths of the levels.");
  const layout = readLayout(node.document, node.attributes, key);
  const written = (value: Document): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  store.documents.set(key, written(forZarrita(node.document, layout.dtype)));
  if (node.format === 2) store.documents.set(joined(path, ".zattrs"), written({}));
  if (layout.indexAtStart) store.indexAtStart.add(path);
  const place = root(store).resolve(path === "" ? "/" : path);
  const array = await (node.format === 3 ? open.v3(place, { kind: "array" }) : open.v2(place, { kind: "array" }));
  return { path, layout, array };
}

async function arraysIn(store: CheckedStore, node: Node, signal: AbortSignal): Promise<string[]> {
  const text = node.format === 3 ? node.groups : await store.text(".zmetadata", signal);
  if (text === null || text === undefined) return [];
  const metadata = exactJson(text, "consolidated metadata")["metadata"] ?? null;
  if (!isDocument(metadata)) return [];
  const found = Object.entries(metadata).flatMap(([key, value]) => {
    if (key.endsWith("/.zarray")) return [key.slice(0, -"/.zarray".length)];
    return isDocument(value) && value["node_type"] === "array" ? [key] : [];
  });
  return found.sort();
}
