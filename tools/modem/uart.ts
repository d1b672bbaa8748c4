/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;
/** What a UART's buffer and its driver hand over at a time. */
const TICK_MS = 2;
const CATCH_UP_MS = 50;
/** More than any burst of a modem: a host that does not read is not waited for. */
const QUEUE_MAX_BYTES = 1 << 20;

/** Sends bytes no faster than a serial line does. */
export class Uart {
  readonly #bytesPerMs: number;
  readonly #send: (bytes: Uint8Array) => void;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the line has sent what it was given. */
  #freeAtMs = 0;
  readonly #now: () => number;

  constructor(baudRate: number, now: () => number, send: (bytes: Uint8Array) => void) {
    this.#bytesPerMs = baudRate / BITS_PER_BYTE / 1000;
    this.#now = now;
    this.#send = send;
  }

  write(bytes: Uint8Array): void {
    if (this.#queuedBytes + bytes.length > QUEUE_MAX_BYTES) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#timer !== undefined) return;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#now());
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #tick(): void {
    this.#timer = undefined;
    const now = this.#now();
    // A machine that was busy for longer makes up for so much of it.
    this.#freeAtMs = Math.max(this.#freeAtMs, now - CATCH_UP_MS);
    const credit = Math.floor((now - this.#freeAtMs) * this.#bytesPerMs);
    const count = Math.min(credit, this.#queuedBytes);
    if (count > 0) {
      this.#send(this.#take(count));
      this.#freeAtMs += count / this.#bytesPerMs;
    }
    if (this.#queuedBytes > 0) this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #take(count: number): Uint8Array {
    const all = Buffer.concat(this.#queue);
    this.#queue = count < all.length ? [all.subarray(count)] : [];
    this.#queuedBytes -= count;
    return all.subarray(0, count);
  }
}
