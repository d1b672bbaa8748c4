/**
 * The part of the WebAssembly JavaScript interface that {@link ./arena.ts} uses. The agent compiles
 * against the ECMAScript library alone, which lacks it; every engine has it.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    /** In pages of 64 KiB. Detaches the old buffer. */
    grow(pages: number): number;
  }
  class Instance<Exports> {
    constructor(module: Module);
    readonly exports: Exports;
  }
}
