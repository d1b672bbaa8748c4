import type { FlashOperation } from "./cuts.ts";

/** Where a flash reports its programs and erases, each before it takes effect. */
export interface OperationSink {
  record(operation: FlashOperation): void;
}

/** The last operations of a flash, for the report of a failure. */
export class FlashTrace implements OperationSink {
  readonly #capacity: number;
  readonly #ring: FlashOperation[] = [];
  #count = 0;

  /** Keeps `capacity` operations; the oldest make room. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`a trace of ${capacity} operations`);
    }
    this.#capacity = capacity;
  }

  /** Operations seen, also those no longer kept. */
  get count(): number {
    return this.#count;
  }

  /** What is kept, in order. */
  get operations(): readonly FlashOperation[] {
    const oldest = this.#ring.length < this.#capacity ? 0 : this.#count % this.#capacity;
    return [...this.#ring.slice(oldest), ...this.#ring.slice(0, oldest)];
  }

  record(operation: FlashOperation): void {
    this.#ring[this.#count % this.#capacity] = operation;
    this.#count += 1;
  }

  /** One line per operation kept. */
  toString(): string {
    return this.operations.map(describeOperation).join("\n");
  }
}

/** `12 program 0x1000+64 bootloader`. */
export function describeOperation(operation: FlashOperation): string {
  const { index, kind, address, sizeBytes, caller } = operation;
  const what = `${index} ${kind} 0x${address.toString(16)}+${sizeBytes}`;
  return caller === "" ? what : `${what} ${caller}`;
}
