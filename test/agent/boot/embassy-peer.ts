import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { FaithfulEmbassyBoot } from "#agent/boot/embassy-faithful.ts";
import { type EmbassyPartitions, embassyShapeOf } from "#agent/boot/embassy-layout.ts";
import { EmbassyState } from "#agent/boot/embassy-state.ts";
import type { Region, VerifyImage } from "#agent/boot/strategy.ts";
import { type Flash, PowerLoss } from "#hal/ports.ts";
import type { FlashOperation } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { FirmwareWriter } from "./embassy-writer.ts";

/** Operations, bytes that were programmed without being erased, result, ACTIVE, DFU, STATE. */
export type PeerRow = readonly [number, number, string, string, string, string];

export interface PeerStep {
  readonly operations: string;
  readonly result: string;
  readonly active: string;
  readonly dfu: string;
  readonly state: string;
}

export interface PeerCase {
  readonly name: string;
  readonly pages: number;
  readonly activeEraseBytes: number;
  readonly dfuEraseBytes: number;
  readonly stateEraseBytes: number;
  readonly wordBytes: number;
  readonly bufferBytes: number;
  readonly stateBytes: number;
  readonly erasedByte: number;
  readonly steps: Readonly<Record<string, PeerStep>>;
  readonly cuts: Readonly<Record<string, readonly PeerRow[]>>;
  readonly tornMarks: readonly PeerRow[];
}

const file = new URL("../../vectors/embassy-boot.json", import.meta.url);
export const peerCases: readonly PeerCase[] = JSON.parse(readFileSync(file, "utf8")).cases;

const nothing: VerifyImage = () => ({ ok: false });

/** The bytes that the vectors are made of. */
export function peerBytes(seed: number, count: number): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length: count }, () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x >>> 24;
  });
}

/** Our flash and our faithful mode in the place of the peer's. */
export class PeerDevice {
  readonly flash: NorFlash;
  readonly #case: PeerCase;
  readonly #partitions: EmbassyPartitions;
  readonly #operations: FlashOperation[] = [];
  #overwritten = 0;

  constructor(peer: PeerCase, from?: PeerDevice) {
    this.#case = peer;
    const pageBytes = Math.max(peer.activeEraseBytes, peer.dfuEraseBytes);
    const activeBytes = peer.pages * pageBytes;
    const dfuBytes = activeBytes + pageBytes;
    this.#partitions = {
      active: { address: 0, sizeBytes: activeBytes },
      dfu: { address: activeBytes, sizeBytes: dfuBytes },
      state: { address: activeBytes + dfuBytes, sizeBytes: peer.stateBytes },
    };
    this.flash = from?.flash.clone() ?? this.#flashOf();
    this.flash.onOperation = (operation) => this.#record(operation);
  }

  #flashOf(): NorFlash {
    const { active, dfu, state } = this.#partitions;
    const run = ({ address, sizeBytes }: Region, eraseBytes: number) => {
      return { address, sizeBytes: eraseBytes, count: sizeBytes / eraseBytes };
    };
    const { activeEraseBytes, dfuEraseBytes, stateEraseBytes, wordBytes } = this.#case;
    const geometry = {
      sizeBytes: state.address + state.sizeBytes,
      granuleBytes: wordBytes,
      sectors: [
        run(active, activeEraseBytes),
        run(dfu, dfuEraseBytes),
        run(state, stateEraseBytes),
      ],
      erasedByte: this.#case.erasedByte === 0 ? (0x00 as const) : (0xff as const),
    };
    const flash = new NorFlash(geometry, { policy: "multiwrite" });
    flash.program(active.address, peerBytes(1, active.sizeBytes));
    flash.program(dfu.address, peerBytes(2, dfu.sizeBytes));
    return flash;
  }

  clone(): PeerDevice {
    return new PeerDevice(this.#case, this);
  }

  /** Does a step of the vectors, as far as power holds: that many operations of it. */
  do(step: string, powerFor?: number): string {
    const { flash } = this;
    this.#operations.length = 0;
    this.#overwritten = 0;
    if (powerFor !== undefined) flash.cutAt(flash.operations + powerFor, { kind: "notDone" });
    try {
      return this.#do(step);
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
      flash.powerOn();
      return "cut";
    }
  }

  #do(step: string): string {
    const { flash } = this;
    const { bufferBytes, wordBytes } = this.#case;
    const boot = new FaithfulEmbassyBoot(flash, this.#partitions, nothing, { bufferBytes });
    const shape = embassyShapeOf(flash, this.#partitions);
    const state = new EmbassyState(flash, this.#partitions.state, shape);
    const chunkBytes = Math.floor((3 * shape.pageBytes) / 4 / wordBytes) * wordBytes;
    switch (step) {
      case "markUpdated":
        boot.stage();
        return "ok";
      case "boot": {
        const magic = state.readMagic();
        boot.boot();
        return magic;
      }
      case "markBooted":
        state.setMagic("boot");
        return "ok";
      case "markDfu":
        if (state.readMagic() === "swap") return "badState";
        state.setMagic("dfuDetach");
        return "ok";
      case "writeFirmware":
        this.#write([0, 1, 2].map((index) => [index * chunkBytes, chunkBytes]));
        return "ok";
      case "writeFirmwareAfterReset": {
        const half = Math.floor(chunkBytes / 2 / wordBytes) * wordBytes;
        this.#write([
          [3 * chunkBytes, half],
          [0, wordBytes],
        ]);
        return "ok";
      }
      default:
        throw new RangeError(step);
    }
  }

  #write(pieces: readonly (readonly [number, number])[]): void {
    const writer = new FirmwareWriter(this.flash, this.#partitions.dfu);
    for (const [offset, count] of pieces) writer.write(offset, peerBytes(offset + 7, count));
  }

  /** The first byte of mark `index` of the swap. */
  tearMark(index: number): void {
    const { wordBytes, erasedByte } = this.#case;
    const word = new Uint8Array(wordBytes).fill(erasedByte);
    word[0] = ~erasedByte;
    this.flash.program(this.#partitions.state.address + (2 + index) * wordBytes, word);
  }

  isMark(operation: string, index: number): boolean {
    const { wordBytes } = this.#case;
    return operation === `pS${(2 + index) * wordBytes}+${wordBytes}`;
  }

  /** In the notation of the vectors. */
  get operations(): string {
    return this.#operations.map((operation) => this.#describe(operation)).join(" ");
  }

  row(result: string): PeerRow {
    const { active, dfu, state } = this.contents();
    return [this.#operations.length, this.#overwritten, result, active, dfu, state];
  }

  contents(): Pick<PeerStep, "active" | "dfu" | "state"> {
    const { active, dfu, state } = this.#partitions;
    return {
      active: digest(this.#read(active)),
      dfu: digest(this.#read(dfu)),
      state: trimmed(this.#read(state), this.#case.erasedByte),
    };
  }

  #record(operation: FlashOperation): void {
    this.#operations.push(operation);
    if (operation.kind === "erase") return;
    const before = this.#read(operation);
    this.#overwritten += before.filter((byte) => byte !== this.#case.erasedByte).length;
  }

  #read({ address, sizeBytes }: Region): Uint8Array {
    return readRegion(this.flash, { address, sizeBytes });
  }

  #describe({ kind, address, sizeBytes }: FlashOperation): string {
    const { active, dfu, state } = this.#partitions;
    const [name, region] =
      address < dfu.address ? ["A", active] : address < state.address ? ["D", dfu] : ["S", state];
    const offset = address - region.address;
    return kind === "erase" ? `e${name}${offset}` : `p${name}${offset}+${sizeBytes}`;
  }
}

export function readRegion(flash: Flash, { address, sizeBytes }: Region): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  flash.read(address, bytes);
  return bytes;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8);
}

function trimmed(bytes: Uint8Array, erasedByte: number): string {
  const end = bytes.findLastIndex((byte) => byte !== erasedByte) + 1;
  return Buffer.from(bytes.subarray(0, end)).toString("hex");
}
