import { describe, expect, test } from "vitest";
import { encodeHeader, recordBytes } from "#agent/journal/format.ts";
import {
  Journal,
  JournalFull,
  type RecordSink,
  type SnapshotSource,
} from "#agent/journal/journal.ts";
import { type FlashGeometry, PowerLoss } from "#hal/ports.ts";
import type { Cut } from "#sim/flash/cuts.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { drawBelow, drawKey } from "#sim/kernel/draws.ts";

/** Large enough that a log goes on in the next sector before a snapshot is due. */
const SECTOR_BYTES = 512;
const KEYS = 4;
const SET = 1;
const BLOB = 2;

function geometryOf(granuleBytes: number, sectors: number): FlashGeometry {
  return {
    sizeBytes: sectors * SECTOR_BYTES,
    granuleBytes,
    sectors: [{ address: 0, sizeBytes: SECTOR_BYTES, count: sectors }],
  };
}

/** A client whose whole state is four numbers and one blob. */
class Numbers implements SnapshotSource {
  readonly values = new Map<number, number>();
  blob: Uint8Array = new Uint8Array(0);
  readonly journal: Journal;
  readonly #granuleBytes: number;

  constructor(flash: NorFlash) {
    const { sizeBytes, granuleBytes } = flash.geometry;
    this.#granuleBytes = granuleBytes;
    this.journal = new Journal(flash, { address: 0, sizeBytes }, this);
    this.journal.load(({ kind, a, b, extra }) => {
      if (kind === SET) this.values.set(a, b);
      if (kind === BLOB) this.blob = extra.slice();
    });
  }

  /** As the device does: first the journal, then memory. */
  set(key: number, value: number): void {
    this.journal.append(SET, key, value);
    this.values.set(key, value);
  }

  setBlob(blob: Uint8Array): void {
    this.journal.append(BLOB, 0, 0, blob);
    this.blob = blob;
  }

  writeSnapshot(sink: RecordSink): void {
    for (const [key, value] of this.values) sink.append(SET, key, value);
    if (this.blob.length > 0) sink.append(BLOB, 0, 0, this.blob);
  }

  snapshotBytesMax(): number {
    return (
      this.values.size * recordBytes(0, this.#granuleBytes) +
      recordBytes(this.blob.length, this.#granuleBytes)
    );
  }

  text(): string {
    const values = [...this.values].sort(([a], [b]) => a - b);
    return JSON.stringify([values, [...this.blob]]);
  }
}

/** Appends `count` records of a fixed script; calls `between` with the state after each. */
function write(numbers: Numbers, from: number, count: number, between: (text: string) => void) {
  for (let step = from; step < from + count; step++) {
    if (step % 5 === 4) numbers.setBlob(Uint8Array.from({ length: step % 23 }, () => step & 0xff));
    else numbers.set(step % KEYS, (step * 31) & 0xffff);
    between(numbers.text());
  }
}

const CUTS: readonly Cut[] = [
  { kind: "notDone" },
  { kind: "doneButLost" },
  { kind: "prefix", bytes: 1 },
  { kind: "prefix", bytes: 5 },
  { kind: "prefix", bytes: 9 },
  { kind: "prefix", bytes: 33 },
  { kind: "halfErase" },
  { kind: "randomErase" },
  { kind: "marginalErase" },
  { kind: "unstable" },
  { kind: "partialBits" },
];

describe.each([
  [1, 2, 90],
  [8, 2, 90],
  [8, 6, 170],
  [32, 5, 50],
])("granule %i, %i sectors", (granuleBytes, sectors, steps) => {
  const geometry = geometryOf(granuleBytes, sectors);

  test("what was appended is there after a reset, and again after the next", () => {
    const flash = new NorFlash(geometry);
    const states: string[] = [];
    write(new Numbers(flash), 0, 40, (text) => states.push(text));
    expect(new Numbers(flash).text()).toBe(states.at(-1));
    write(new Numbers(flash), 40, 40, (text) => states.push(text));
    expect(new Numbers(flash).text()).toBe(states.at(-1));
  });

  test("power cut in any operation leaves the state before or after the append, then works on", {
    timeout: 180_000,
  }, () => {
    const whole = new NorFlash(geometry);
    write(new Numbers(whole), 0, steps, () => {});
    const operations = whole.operations;
    expect(operations).toBeGreaterThan(steps);
    for (let index = 0; index < operations; index++) {
      for (const cut of CUTS) {
        const flash = new NorFlash(geometry, { key: drawKey(index, 0, cut.kind) });
        const states = [new Numbers(flash).text()];
        flash.cutAt(index, cut);
        expect(() => write(new Numbers(flash), 0, steps, (text) => states.push(text))).toThrow(
          PowerLoss,
        );
        flash.powerOn();
        const restored = new Numbers(flash);
        const before = states.at(-1);
        const next = states.length - 1;
        const after = stateAfter(next, before);
        expect([before, after], `${cut.kind} at ${index}`).toContain(restored.text());
        write(restored, next, 4, () => {});
        expect(new Numbers(flash).text(), `${cut.kind} at ${index}`).toBe(restored.text());
      }
    }
  });

  test("two cuts in a row, the second anywhere in the recovery", { timeout: 180_000 }, () => {
    const key = drawKey(7, granuleBytes, "pairs");
    for (let round = 0; round < 300; round++) {
      const flash = new NorFlash(geometry, { key: drawKey(round, 1, "flash") });
      let known = new Numbers(flash).text();
      let next = 0;
      for (let life = 0; life < 4; life++) {
        const cut = CUTS[drawBelow(key, round * 8 + life, CUTS.length)] as Cut;
        const offset = drawBelow(key, 10_000 + round * 8 + life, 60);
        flash.cutAt(flash.operations + offset, cut);
        const numbers = new Numbers(flash);
        const candidates = [known, stateAfter(next, known)];
        expect(candidates, `round ${round}, life ${life}`).toContain(numbers.text());
        if (numbers.text() !== known) next += 1;
        known = numbers.text();
        try {
          write(numbers, next, 90, (text) => {
            known = text;
            next += 1;
          });
        } catch (error) {
          if (!(error instanceof PowerLoss)) throw error;
          flash.powerOn();
        }
      }
    }
  });

  test("wear is even: no sector is erased much more often than another", () => {
    const flash = new NorFlash(geometry);
    const numbers = new Numbers(flash);
    write(numbers, 0, 2000, () => {});
    const counts = Array.from({ length: sectors }, (_, index) =>
      flash.eraseCount(index * SECTOR_BYTES),
    );
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(numbers.journal.erases).toBe(counts.reduce((sum, count) => sum + count, 0));
  });
});

/** What the script makes of `before` by one more step, computed without a journal. */
function stateAfter(step: number, before: string | undefined): string {
  const [values, blob] = JSON.parse(before ?? "") as [[number, number][], number[]];
  const map = new Map(values);
  if (step % 5 === 4) {
    return JSON.stringify([values, Array.from({ length: step % 23 }, () => step & 0xff)]);
  }
  map.set(step % KEYS, (step * 31) & 0xffff);
  return JSON.stringify([[...map].sort(([a], [b]) => a - b), blob]);
}

/** Address of a byte of the newest record. */
function lastProgrammed(flash: NorFlash): number {
  const bytes = new Uint8Array(SECTOR_BYTES);
  flash.read(0, bytes);
  return bytes.findLastIndex((byte) => byte !== 0xff) - 2;
}

describe("a sick journal", () => {
  const geometry = geometryOf(8, 4);

  test("a cell that does not take a record costs the rest of its sector, not the state", () => {
    const flash = new NorFlash(geometry);
    const numbers = new Numbers(flash);
    write(numbers, 0, 3, () => {});
    flash.stickBit(SECTOR_BYTES - 20, 3, 0);
    flash.stickBit(2 * SECTOR_BYTES + 60, 1, 1);
    write(numbers, 3, 200, () => expect(new Numbers(flash).text()).toBe(numbers.text()));
  });

  test("a sector that cannot be erased is left out", () => {
    const flash = new NorFlash(geometry);
    flash.failNext("erase", Number.POSITIVE_INFINITY, {
      address: SECTOR_BYTES,
      sizeBytes: SECTOR_BYTES,
    });
    const numbers = new Numbers(flash);
    write(numbers, 0, 200, () => {});
    expect(new Numbers(flash).text()).toBe(numbers.text());
  });

  test("a record that was torn and passed over does not come back when it reads right again", () => {
    const flash = new NorFlash(geometryOf(8, 8));
    const numbers = new Numbers(flash);
    numbers.set(0, 7);
    numbers.set(1, 8);
    const last = lastProgrammed(flash);
    flash.flipBit(last, 2);
    const passedOver = new Numbers(flash);
    expect(passedOver.text()).toBe("[[[0,7]],[]]");
    passedOver.set(2, 9);
    flash.flipBit(last, 2);
    expect(new Numbers(flash).text()).toBe(passedOver.text());
  });

  test("a snapshot that cannot be written leaves the log in force alone", () => {
    const flash = new NorFlash(geometryOf(8, 2));
    const numbers = new Numbers(flash);
    write(numbers, 0, 10, () => {});
    flash.failNext("erase", Number.POSITIVE_INFINITY, {
      address: SECTOR_BYTES,
      sizeBytes: SECTOR_BYTES,
    });
    const fill = () => {
      for (let value = 0; value < 100; value++) numbers.set(1, value);
    };
    expect(fill).toThrow(JournalFull);
    const before = numbers.text();
    for (let tries = 0; tries < 3; tries++) expect(() => numbers.set(0, 1)).toThrow(JournalFull);
    expect(new Numbers(flash).text()).toBe(before);
  });

  test("when every program fails, the append says so and the old state stands", () => {
    const flash = new NorFlash(geometry);
    const numbers = new Numbers(flash);
    write(numbers, 0, 10, () => {});
    const before = numbers.text();
    flash.failNext("program", Number.POSITIVE_INFINITY);
    expect(() => numbers.set(0, 1)).toThrow(JournalFull);
    expect(new Numbers(flash).text()).toBe(before);
  });

  test("a state that does not fit is refused without wearing the flash out", () => {
    const flash = new NorFlash(geometryOf(8, 2));
    const numbers = new Numbers(flash);
    const refused = () => {
      for (let key = 0; key < 200; key++) numbers.set(key, key);
    };
    expect(refused).toThrow(JournalFull);
    const { operations } = flash;
    expect(refused).toThrow(JournalFull);
    expect(flash.operations - operations).toBeLessThanOrEqual(1);
    expect(new Numbers(flash).text()).toBe(numbers.text());
  });

  test("a sector that claims to go on from itself, or from a later one, is no journal", () => {
    for (const previous of [5, 6]) {
      const flash = new NorFlash(geometry);
      flash.program(0, encodeHeader({ sequence: 5, previous, previousEnd: 24 }, 8));
      flash.program(512, encodeHeader({ sequence: 6, previous: 5, previousEnd: 24 }, 8));
      expect(new Numbers(flash).text()).toBe("[[],[]]");
    }
  });

  test("garbage in the region is no journal", () => {
    const flash = new NorFlash(geometry);
    for (let address = 0; address < geometry.sizeBytes; address += 8) {
      flash.program(
        address,
        Uint8Array.from({ length: 8 }, (_, at) => (address * 7 + at * 31) & 0xff),
      );
    }
    const numbers = new Numbers(flash);
    expect(numbers.text()).toBe("[[],[]]");
    write(numbers, 0, 100, () => {});
    expect(new Numbers(flash).text()).toBe(numbers.text());
  });
});
