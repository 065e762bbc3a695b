// The image in a group's attributes, as OME-Zarr writes it: 0.4 and earlier as `multiscales`, 0.5 inside `ome`.

import { type Document, isDocument, type Json } from "./metadata.ts";

export interface Multiscale {
  /** Paths of the levels, finest first. */
  readonly paths: readonly string[];
  readonly axes: readonly (string | null)[] | null;
  readonly channel: number | null;
}

const LEVEL_PATH = /^[\w.-]+(?:\/[\w.-]+){0,3}$/;

/** The first image of a group; null where there is none, or one whose levels are not named. */
export function multiscaleOf(attributes: Document): Multiscale | null {
  const ome = attributes["ome"] ?? null;
  const all = (isDocument(ome) ? ome["multiscales"] : undefined) ?? attributes["multiscales"];
  const image = Array.isArray(all) ? all.find(isDocument) : undefined;
  if (image === undefined || !Array.isArray(image["datasets"])) return null;
  const paths = image["datasets"].map((level) => (isDocument(level) ? level["path"] : null));
  // "../" in a path would lead out of the address that the reader agreed to.
  if (paths.length === 0 || !paths.every((path): path is string => typeof path === "string" && LEVEL_PATH.test(path) && !path.split("/").includes(".."))) return null;
  const axes = Array.isArray(image["axes"]) ? image["axes"] : null;
  return { paths, axes: axes?.map(axisName) ?? null, channel: axes === null ? null : channelAxis(axes) };
}

// OME-Zarr 0.3 has names only; since 0.4 each axis has a type as well.
const axisName = (axis: Json): string | null => {
  const name = isDocument(axis) ? axis["name"] : axis;
  return typeof name === "string" ? name : null;
};

function channelAxis(axes: readonly Json[]): number | null {
  const index = axes.findIndex((axis) => (isDocument(axis) ? axis["type"] === "channel" || (axis["type"] === undefined && axis["name"] === "c") : axis === "c"));
  return index < 0 ? null : index;
}

/** A name for every axis; "axis 0" where the array has none. */
export function axisNames(dims: readonly (string | null)[], rank: number): string[] {
  return Array.from({ length: rank }, (_, axis) => dims[axis] ?? `axis ${axis}`);
}
