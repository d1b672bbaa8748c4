/** A running 64-bit digest of what happened: equal runs have equal digests, on any machine. */
export class TraceHash {
  #low = 0x811c_9dc5;
  #high = 0x9e37_79b9;

  /** Takes a non-negative safe integer. */
  add(value: number): void {
    this.#word(value % 4_294_967_296);
    this.#word(Math.floor(value / 4_294_967_296));
  }

  addBytes(bytes: Uint8Array): void {
    this.#word(bytes.length);
    for (let index = 0; index < bytes.length; index++) this.#word(bytes[index] ?? 0);
  }

  addText(text: string): void {
    this.#word(text.length);
    for (let index = 0; index < text.length; index++) this.#word(text.charCodeAt(index));
  }

  /** 16 hex digits. */
  toString(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x0100_0193);
    this.#high = Math.imul((this.#high << 5) ^ (this.#high >>> 27) ^ this.#low, 0x85eb_ca6b);
  }
}
