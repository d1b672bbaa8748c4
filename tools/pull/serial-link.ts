import { type Line, LineRefused, type LineTarget, openLine } from "#tools/line.ts";
import type { LinkEffect, Post, PullLink } from "./link.ts";

/** The serial line of a device. It stays open from life to life: who resets is not unplugged. */
export class SerialLink implements PullLink {
  readonly #target: LineTarget;
  readonly #baudRate: number;
  readonly #post: Post;
  #line: Line | undefined;
  /** Waits for the line to open. */
  #written: Uint8Array[] | undefined;
  #isClosed = false;

  constructor(target: LineTarget, baudRate: number, post: Post) {
    this.#target = target;
    this.#baudRate = baudRate;
    this.#post = post;
  }

  perform(effect: LinkEffect): void {
    if (effect.type === "serialLook") {
      this.#post({ type: "serialData", bytes: new Uint8Array(0) });
    }
    if (effect.type !== "serialWrite") return;
    if (this.#line !== undefined) this.#line.write(effect.bytes);
    else if (this.#written !== undefined) this.#written.push(effect.bytes);
    else void this.#open(effect.bytes);
  }

  halt(): void {
    if (this.#written !== undefined) this.#written.length = 0;
  }

  close(): void {
    this.#isClosed = true;
    void this.#line?.close();
  }

  async #open(first: Uint8Array): Promise<void> {
    this.#written = [first];
    try {
      const line = await openLine(this.#target, this.#baudRate, {
        onData: (bytes) => this.#post({ type: "serialData", bytes }),
        onSilent: () => this.#post({ type: "serialSilent" }),
        onClosed: (detail) => this.#lost(detail),
      });
      if (this.#isClosed) {
        await line.close();
        return;
      }
      this.#line = line;
      for (const bytes of this.#written) line.write(bytes);
      this.#written = undefined;
    } catch (error) {
      if (!(error instanceof LineRefused)) throw error;
      this.#lost(error.message);
    }
  }

  #lost(detail: string): void {
    void this.#line?.close();
    this.#line = undefined;
    this.#written = undefined;
    if (!this.#isClosed) this.#post({ type: "serialClosed", detail });
  }
}
