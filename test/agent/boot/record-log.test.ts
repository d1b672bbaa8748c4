import { expect, test } from "vitest";
import { BLANK_RECORD, decodeRecord, RECORD_BYTES } from "#agent/boot/record.ts";
import { RecordLog } from "#agent/boot/record-log.ts";
import { type Flash, FlashFault, PowerLoss } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { newestRecord } from "#sim/oracles/flash-truth.ts";
import { tinyGeometry, tinyLayout } from "./tiny.ts";

const [copyA, copyB] = tinyLayout.state;
const SLOTS = copyA.sizeBytes / RECORD_BYTES;
const FOREVER = Number.POSITIVE_INFINITY;

function freshFlash(): NorFlash {
  return new NorFlash(tinyGeometry(8));
}

/** A log as the next boot finds it. */
function loaded(flash: NorFlash): RecordLog {
  const log = new RecordLog(flash, tinyLayout.state);
  log.load();
  return log;
}

/** Commits records with these update ids. */
function commit(log: RecordLog, ...updateIds: number[]): void {
  for (const updateId of updateIds) log.commit({ ...BLANK_RECORD, updateId });
}

const newestId = (flash: NorFlash) => loaded(flash).newest?.updateId;

test("an erased or garbled flash holds no record", () => {
  expect(new RecordLog(freshFlash(), tinyLayout.state).load()).toBeUndefined();
  const flash = freshFlash();
  flash.program(copyA.address, new Uint8Array(copyA.sizeBytes));
  flash.program(copyB.address, new Uint8Array(copyB.sizeBytes).fill(0x42));
  const log = loaded(flash);
  expect(log.newest).toBeUndefined();
  commit(log, 1);
  expect(newestId(flash)).toBe(1);
});

test("commits go to both copies, and each sector is erased once per round of its slots", () => {
  const flash = freshFlash();
  const log = loaded(flash);
  const rounds = 5;
  for (let id = 1; id <= rounds * SLOTS; id++) {
    commit(log, id);
    expect(log.newest).toMatchObject({ sequence: id, updateId: id });
    expect(newestRecord(flash, tinyLayout)).toMatchObject({ sequence: id, updateId: id });
  }
  for (const { address } of tinyLayout.state) expect(flash.eraseCount(address)).toBe(rounds - 1);
});

test("a commit that reached one copy only stands, and settling brings the other one up", () => {
  for (const copies of [1, 2]) {
    const flash = freshFlash();
    commit(loaded(flash), 1, 2);
    flash.cutAt(flash.operations + copies - 1, { kind: "doneButLost" });
    expect(() => commit(loaded(flash), 3)).toThrow(PowerLoss);
    flash.powerOn();
    const log = loaded(flash);
    expect(log.newest?.updateId).toBe(3);
    const { operations } = flash;
    log.settle();
    expect(flash.operations - operations).toBe(copies === 1 ? 2 : 0);
    flash.erase(copies === 1 ? copyA.address : copyB.address);
    expect(newestId(flash)).toBe(3);
  }
});

test("a slot that does not take its record is burnt", () => {
  const flash = freshFlash();
  const log = loaded(flash);
  commit(log, 1);
  flash.failNext("program", 1, copyA);
  flash.stickBit(copyB.address + RECORD_BYTES + 10, 0, 1);
  commit(log, 2);
  expect(newestId(flash)).toBe(2);
  expect(loaded(flash).newest?.sequence).toBe(2);
  flash.erase(copyA.address);
  expect(newestId(flash)).toBe(2);
});

test("a record that reads right once and then wrong is burnt too", () => {
  const flash = freshFlash();
  let readBacks = 0;
  const marginal: Flash = {
    geometry: flash.geometry,
    program: (address, source) => flash.program(address, source),
    erase: (address) => flash.erase(address),
    read: (address, target) => {
      flash.read(address, target);
      if (address !== copyA.address || target.length !== RECORD_BYTES) return;
      readBacks += 1;
      if (readBacks % 2 === 0) target[20] = (target[20] ?? 0) ^ 1;
    },
  };
  const log = new RecordLog(marginal, tinyLayout.state);
  log.load();
  commit(log, 1);
  flash.erase(copyB.address);
  const second = new Uint8Array(RECORD_BYTES);
  flash.read(copyA.address + RECORD_BYTES, second);
  expect(decodeRecord(second)?.updateId).toBe(1);
});

test("a torn slot that reads erased is not trusted", () => {
  const flash = freshFlash();
  const log = loaded(flash);
  commit(log, 1, 2, 3, 4);
  // Slot 0 is written next, after an erase; the erase never took hold.
  flash.cutAt(flash.operations, { kind: "marginalErase" });
  expect(() => commit(log, 5)).toThrow(PowerLoss);
  flash.powerOn();
  const after = loaded(flash);
  expect(after.newest?.updateId).toBe(4);
  after.settle();
  commit(after, 6);
  flash.erase(copyB.address);
  expect(newestId(flash)).toBe(6);
});

test("a sector is never erased while it alone holds the newest record", () => {
  const flash = freshFlash();
  const log = loaded(flash);
  commit(log, 1);
  flash.failNext("program", FOREVER, copyA);
  for (let id = 2; id <= SLOTS; id++) commit(log, id);
  expect(newestId(flash)).toBe(SLOTS);
  expect(() => commit(log, 99)).toThrow(FlashFault);
  expect(() => commit(loaded(flash), 99)).toThrow(FlashFault);
  expect(newestId(flash)).toBe(SLOTS);
  expect(flash.eraseCount(copyB.address)).toBe(0);
});

test("settling against a dead sector costs no slots of the good one", () => {
  const flash = freshFlash();
  commit(loaded(flash), 1);
  flash.failNext("program", FOREVER, copyA);
  commit(loaded(flash), 2);
  const before = new Uint8Array(copyB.sizeBytes);
  flash.read(copyB.address, before);
  for (let boot = 0; boot < 10; boot++) loaded(flash).settle();
  const after = new Uint8Array(copyB.sizeBytes);
  flash.read(copyB.address, after);
  expect(after).toEqual(before);
});

test("an erase that fails twice is tried a third time", () => {
  const flash = freshFlash();
  const log = loaded(flash);
  commit(log, 1, 2, 3, 4);
  flash.failNext("erase", 2, copyA);
  commit(log, 5);
  flash.erase(copyB.address);
  expect(newestId(flash)).toBe(5);
});

test("a copy that cannot be read counts as lost, slot by slot", () => {
  const flash = freshFlash();
  commit(loaded(flash), 1, 2);
  flash.failNext("read", FOREVER, copyB);
  expect(newestId(flash)).toBe(2);

  const slot = { address: copyA.address + RECORD_BYTES, sizeBytes: RECORD_BYTES };
  flash.failNext("read", FOREVER, slot);
  expect(newestId(flash)).toBe(1);
});
