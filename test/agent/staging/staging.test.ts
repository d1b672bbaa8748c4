import { describe, expect, test } from "vitest";
import { Decoder } from "#agent/fec/decoder.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import { placeOf } from "#agent/staging/place.ts";
import { Staging, type StagingLog } from "#agent/staging/staging.ts";
import { type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";

const SECTOR_BYTES = 128;
const BLOCK = { address: 256, sizeBytes: 1024 };
const SCRATCH = { address: 1536, sizeBytes: 1536 };

function geometryOf(granuleBytes: number): FlashGeometry {
  return {
    sizeBytes: 3072,
    granuleBytes,
    sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: 24 }],
  };
}

const geometries = new Map([1, 2, 4, 8, 16, 32].map((bytes) => [bytes, geometryOf(bytes)]));
const geometryFor = (granuleBytes: number) => geometries.get(granuleBytes) as FlashGeometry;

/** A journal that cannot fail: what would be remembered, in order. */
class Memory implements StagingLog {
  readonly entries: (
    | { type: "stored"; index: number; hasHead: boolean; edges: Uint8Array }
    | { type: "coded"; n: number; place: number | undefined }
    | { type: "spare"; address: number | undefined }
  )[] = [];

  fragmentStored(index: number, hasHead: boolean, edges: Uint8Array, edgeBytes: number): void {
    this.entries.push({ type: "stored", index, hasHead, edges: edges.slice(0, edgeBytes) });
  }

  codedStored(n: number, place: number | undefined): void {
    this.entries.push({ type: "coded", n, place });
  }

  sectorInSpare(address: number | undefined): void {
    this.entries.push({ type: "spare", address });
  }
}

interface Session {
  readonly nbFrag: number;
  readonly fragSize: number;
  readonly padding: number;
}

/** One life: staging and decoder, restored from what the memory says. */
class Life {
  readonly staging: Staging;
  readonly decoder: Decoder;

  constructor(flash: NorFlash, session: Session, memory: Memory) {
    const place = placeOf(flash.geometry, BLOCK, SCRATCH);
    this.staging = new Staging(flash, place, session, memory);
    const { nbFrag, fragSize } = session;
    this.decoder = new Decoder(
      { variant: "ts004-v1", nbFrag, fragSize, matrixRowsMax: nbFrag, scratchFragmentsMax: nbFrag },
      this.staging,
    );
    let slot = 0;
    for (const entry of [...memory.entries]) {
      if (entry.type === "stored") {
        this.staging.restoreFragment(entry.index, entry.hasHead, entry.edges);
        this.decoder.restoreUncoded(entry.index);
      } else if (entry.type === "coded") {
        this.staging.slots.restore(entry.place, entry.n);
        this.decoder.restoreCoded(slot++, entry.n);
      } else {
        this.staging.restoreSectorInSpare(entry.address);
      }
    }
    this.staging.resume();
    this.decoder.resume();
  }
}

function dataOf({ nbFrag, fragSize, padding }: Session, seed: number): Uint8Array {
  const key = drawKey(seed, 0, "block");
  const data = Uint8Array.from(
    { length: nbFrag * fragSize },
    (_, index) => draw32(key, index) >>> 24,
  );
  // Erased-looking stretches are the hard case: nobody can see that they were programmed.
  data.fill(0xff, fragSize, fragSize + 40);
  return data.fill(0, data.length - padding);
}

/** Fragment numbers: some lost, some late, then coded ones. */
function arrivals(nbFrag: number, seed: number): number[] {
  const key = drawKey(seed, nbFrag, "arrivals");
  const numbers: number[] = [];
  const late: number[] = [];
  for (let n = 1; n <= nbFrag; n++) {
    const draw = draw32(key, n) % 8;
    if (draw === 0) continue;
    if (draw === 1) late.push(n);
    else numbers.push(n);
  }
  numbers.push(...late);
  for (let n = nbFrag + 1; n <= 3 * nbFrag; n++) numbers.push(n);
  return numbers;
}

function blockOf(flash: NorFlash, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  flash.read(BLOCK.address, bytes);
  return bytes;
}

function expected(session: Session, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BLOCK.sizeBytes).fill(0xff);
  bytes.set(data.subarray(0, data.length - session.padding));
  return bytes;
}

const SESSIONS: readonly Session[] = [
  { nbFrag: 12, fragSize: 16, padding: 0 },
  { nbFrag: 12, fragSize: 21, padding: 5 },
  { nbFrag: 30, fragSize: 5, padding: 9 },
  { nbFrag: 9, fragSize: 50, padding: 49 },
  { nbFrag: 3, fragSize: 96, padding: 1 },
  { nbFrag: 4, fragSize: 242, padding: 33 },
];

describe.each([1, 2, 4, 8, 16, 32])("granule %i", (granuleBytes) => {
  test.each(SESSIONS)(
    "$nbFrag x $fragSize, padding $padding: any order gives the block",
    (session) => {
      for (let seed = 0; seed < 20; seed++) {
        const data = dataOf(session, seed);
        const encoder = new Encoder("ts004-v1", session.fragSize, data);
        const flash = new NorFlash(geometryFor(granuleBytes));
        const { decoder, staging } = new Life(flash, session, new Memory());
        for (const n of arrivals(session.nbFrag, seed)) decoder.accept(n, encoder.fragment(n));
        if (!decoder.complete) continue;
        expect(staging.edges.size).toBe(0);
        expect(blockOf(flash, BLOCK.sizeBytes)).toEqual(expected(session, data));
        for (let at = BLOCK.address; at < BLOCK.address + data.length; at += SECTOR_BYTES) {
          expect(flash.eraseCount(at)).toBe(1);
        }
      }
    },
  );

  test("a reset between any two fragments loses none", () => {
    for (const session of SESSIONS) {
      const data = dataOf(session, 3);
      const encoder = new Encoder("ts004-v1", session.fragSize, data);
      const flash = new NorFlash(geometryFor(granuleBytes));
      const memory = new Memory();
      let complete = false;
      for (const n of arrivals(session.nbFrag, 3)) {
        const life = new Life(flash, session, memory);
        if (!life.decoder.complete) life.decoder.accept(n, encoder.fragment(n));
        complete = life.decoder.complete;
        if (complete) break;
      }
      expect(complete).toBe(true);
      expect(blockOf(flash, BLOCK.sizeBytes)).toEqual(expected(session, data));
    }
  });
});

const CUTS: readonly Cut[] = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "prefix", bytes: 3 },
  { kind: "prefix", bytes: 17 },
  { kind: "halfErase" },
  { kind: "randomErase" },
  { kind: "marginalErase" },
  { kind: "unstable" },
  { kind: "partialBits" },
];

describe.each([1, 8, 32])("power cuts, granule %i", (granuleBytes) => {
  const sessions = [SESSIONS[1], SESSIONS[3]] as Session[];

  test.each(sessions)(
    "in any operation, once and again in the recovery: $fragSize",
    { timeout: 180_000 },
    (session) => {
      const data = dataOf(session, 5);
      const encoder = new Encoder("ts004-v1", session.fragSize, data);
      const numbers = arrivals(session.nbFrag, 5);
      const whole = new NorFlash(geometryFor(granuleBytes));
      const reference = new Life(whole, session, new Memory());
      for (const n of numbers) reference.decoder.accept(n, encoder.fragment(n));
      expect(reference.decoder.complete).toBe(true);
      for (let index = 0; index < whole.operations; index++) {
        for (const [kind, cut] of CUTS.entries()) {
          const flash = new NorFlash(geometryFor(granuleBytes), {
            key: drawKey(index, kind, "cut"),
          });
          flash.cutAt(index, cut);
          flash.cutAt(index + 1 + ((index * 7 + kind) % 12), CUTS[(kind + index) % 9] as Cut);
          const memory = new Memory();
          const done = runToEnd(flash, session, memory, numbers, encoder);
          expect(done, `${cut.kind} at ${index}`).toBe(true);
          expect(blockOf(flash, BLOCK.sizeBytes), `${cut.kind} at ${index}`).toEqual(
            expected(session, data),
          );
        }
      }
    },
  );
});

/** Sends each fragment once, but the one that power took away; never one that was accepted. */
function runToEnd(
  flash: NorFlash,
  session: Session,
  memory: Memory,
  numbers: readonly number[],
  encoder: Encoder,
): boolean {
  let next = 0;
  for (let life = 0; life < 4; life++) {
    try {
      const { decoder } = new Life(flash, session, memory);
      while (next < numbers.length && !decoder.complete) {
        const n = numbers[next] as number;
        decoder.accept(n, encoder.fragment(n));
        next += 1;
      }
      return decoder.complete;
    } catch (error) {
      if (!(error instanceof PowerLoss)) throw error;
      flash.powerOn();
    }
  }
  return false;
}

test("what an older block left behind this one is erased, and nothing else", () => {
  const session = SESSIONS[1] as Session;
  const flash = new NorFlash(geometryFor(8));
  for (let at = 0; at < 3072; at += 64) flash.program(at, new Uint8Array(64));
  const { decoder, staging } = new Life(flash, session, new Memory());
  const data = dataOf(session, 1);
  const encoder = new Encoder("ts004-v1", session.fragSize, data);
  for (let n = 1; n <= 12; n++) decoder.accept(n, encoder.fragment(n));
  staging.eraseRest();
  expect(blockOf(flash, BLOCK.sizeBytes)).toEqual(expected(session, data));
  const erased = Array.from({ length: 24 }, (_, sector) => flash.eraseCount(sector * SECTOR_BYTES));
  expect(erased).toEqual(erased.map((_, sector) => (sector >= 2 && sector < 10 ? 1 : 0)));
});

test("a cell that fails once costs a rewrite of its sector by way of the spare", () => {
  const session = SESSIONS[1] as Session;
  const data = dataOf(session, 1);
  const encoder = new Encoder("ts004-v1", session.fragSize, data);
  const flash = new NorFlash(geometryFor(8));
  const memory = new Memory();
  const { decoder } = new Life(flash, session, memory);
  for (let n = 1; n <= 12; n++) {
    if (n === 5) flash.failNext("program", 1, { address: BLOCK.address, sizeBytes: 512 });
    decoder.accept(n, encoder.fragment(n));
  }
  expect(decoder.complete).toBe(true);
  expect(blockOf(flash, BLOCK.sizeBytes)).toEqual(expected(session, data));
  expect(memory.entries.filter(({ type }) => type === "spare")).toHaveLength(2);
});
