import type { DeviceNote } from "#agent/events.ts";

/** How far the block that is being sent has come on a device. */
export type BlockState = "none" | "receiving" | "complete" | "failed";

/** What the world has seen of a device, by its notes. */
export class Observed {
  blockState: BlockState = "none";
  isClockSynced = false;
  /** Was told when the multicast session is, in time or too late. */
  knowsSession = false;
  hasRefused = false;
  /** Fragmentation sessions accepted; each starts from nothing. */
  sessions = 0;
  /** Fragments of the last one that were on the air while the device listened, but lost to it. */
  framesLost = 0;
  /** Counted last. */
  #frame: number | undefined;
  #isFrameLost = false;
  /** What the device had drawn when the block became complete. */
  energyToCompleteJ: number | undefined;

  /** `energyJ`: drawn so far. */
  take(note: DeviceNote, energyJ: () => number): void {
    if (note.type === "clockSynced") this.isClockSynced = true;
    if (note.type === "mcSession") this.knowsSession = true;
    if (note.type === "fragSetup" && note.errors === 0) this.#startBlock();
    if (note.type === "fragSetup" && note.errors !== 0) this.hasRefused = true;
    if (note.type === "mcGroupSetup" && !note.ok) this.hasRefused = true;
    if (note.type === "fragComplete") {
      this.blockState = "complete";
      this.energyToCompleteJ = energyJ();
    }
    if (note.type === "fragFailed" || note.type === "imageRefused") this.blockState = "failed";
  }

  #startBlock(): void {
    this.blockState = "receiving";
    this.sessions += 1;
    this.framesLost = 0;
    this.#frame = undefined;
  }

  /** `frame`: its counter, if another gateway may bring it too. */
  countLost(frame?: number): void {
    if (this.blockState !== "receiving") return;
    if (frame !== undefined && frame === this.#frame) return;
    this.framesLost += 1;
    this.#frame = frame;
    this.#isFrameLost = true;
  }

  /** By one gateway at least. */
  countHeard(frame: number): void {
    if (frame === this.#frame && this.#isFrameLost) this.framesLost -= 1;
    this.#frame = frame;
    this.#isFrameLost = false;
  }
}
