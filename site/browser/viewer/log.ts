// Every request that the viewer makes, with what it was for and the bytes that came.

export interface Request {
  /** What the bytes are: "metadata", "index of a shard", or the chunk by its coordinates. */
  readonly what: string;
  readonly key: string;
  /** As sent in the Range header; null for a whole value. */
  readonly range: string | null;
  readonly status: number;
  readonly bytes: number;
}

export class RequestLog {
  readonly requests: Request[] = [];
  #bytes = 0;
  readonly #changed: () => void;

  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** Bytes of all answers, as they reach this page: a compressed answer counts unpacked. */
  get bytes(): number {
    return this.#bytes;
  }

  add(request: Request): void {
    this.requests.push(request);
    this.#bytes += request.bytes;
    this.#changed();
  }
}

/** Bytes in decimal units, as dashboards of stores count them: "0 B", "812 B", "18.2 kB". */
export function decimal(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let [value, unit] = [bytes, 0];
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${Number(value.toPrecision(3))} ${units[unit] ?? ""}`;
}
