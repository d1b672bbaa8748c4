import { describe, expect, test } from "vitest";
import type { BootDecision, BootReport, BootStrategy } from "#agent/boot/strategy.ts";
import { FlashFault } from "#hal/ports.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { Board } from "#sim/fleet/board.ts";
import type { FirmwareDefect } from "#sim/fleet/firmware.ts";
import { Oscillator } from "#sim/fleet/oscillator.ts";
import { Timeline } from "#sim/fleet/timeline.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { tinyGeometry, tinyIdentity } from "../../agent/boot/tiny.ts";

const S = 1_000_000;
const image = tinyIdentity(2);
const report: BootReport = {
  active: 0,
  pending: undefined,
  bankStates: ["confirmed", "dirty"],
  attemptsLeft: 0,
  securityCounter: 0,
  lastReason: "none",
  updateId: 0,
};
const booted: BootDecision = { ok: true, bank: 0, image, trial: false, report };

/** A board whose bootloader has one answer, and what runs on it. */
function boardOf(decision = booted, defect: FirmwareDefect = "none", updateHash = image.hash) {
  const scheduler = new Engine();
  const flash = new NorFlash(tinyGeometry(8));
  const timeline = new Timeline(scheduler);
  const boot = { boot: () => decision, report: () => report } as BootStrategy;
  const oscillator = new Oscillator(0);
  const parts = { scheduler, flash, boot, oscillator, timeline, seed: 1, updateHash, defect };
  const said: string[] = [];
  const board = new Board(1, parts, {
    start: () => said.push(`start ${scheduler.now / S}`),
    stop: (how) => said.push(`${how} ${scheduler.now / S}`),
  });
  const wait = (seconds: number) => scheduler.advance(scheduler.now + seconds * S);
  const write = () => {
    try {
      flash.erase(0);
    } catch (error) {
      board.failed(error);
    }
  };
  return { board, said, flash, wait, write, texts: () => timeline.entries.map(({ text }) => text) };
}

describe("a board", () => {
  test("runs what its bootloader chose, and again half a second after a reset", () => {
    const { board, said, wait } = boardOf();
    board.powerOn();
    board.reset();
    wait(1);
    expect(said).toEqual(["start 0", "reset 0", "start 0.5"]);
    expect(board).toMatchObject({ reboots: 1, powerCuts: 0, isUpdated: true, isBricked: false });
  });

  test("without power is not reset, and does not fail again", () => {
    const { board, said, wait } = boardOf();
    board.reset();
    board.failPower(S);
    wait(60);
    board.powerOn();
    board.cutPower(5 * S);
    board.reset();
    board.failPower(S);
    wait(60);
    expect(said).toEqual(["start 60", "cut 60", "start 65"]);
  });

  test("loses power in its next flash operation, in the middle of a step", () => {
    const { board, said, wait, write } = boardOf();
    board.powerOn();
    board.failPower(3 * S);
    wait(1);
    write();
    wait(60);
    expect(said).toEqual(["start 0", "cutMidStep 1", "start 4"]);
    expect(board.powerCuts).toBe(1);
  });

  test("or ten seconds later, if it writes nothing", () => {
    const { board, said, wait } = boardOf();
    board.powerOn();
    board.failPower(3 * S);
    wait(60);
    expect(said).toEqual(["start 0", "cut 10", "start 13"]);
  });

  test("with nothing to boot runs nothing", () => {
    const { board, said } = boardOf({ ok: false, report });
    board.powerOn();
    expect(said).toEqual([]);
    expect(board).toMatchObject({ isBricked: true, isUpdated: false, runningImage: undefined });
  });

  test("with a sick flash: what fails is no loss of power", () => {
    const { board, flash } = boardOf();
    board.powerOn();
    board.sicken("eraseFails", 1);
    expect(() => flash.erase(0)).toThrow(FlashFault);
    expect(() => board.failed(new RangeError("a bug"))).toThrow("a bug");
  });
});

describe("the image that is sent", () => {
  test.each([
    { defect: "crash", afterS: 3 },
    { defect: "hang", afterS: 30 },
  ] as const)("and ends in a $defect never runs, but its bootloader does", ({ defect, afterS }) => {
    const { board, said, wait } = boardOf(booted, defect);
    board.powerOn();
    wait(2.5 * afterS);
    expect(said).toEqual([]);
    expect(board.reboots).toBe(2);
  });

  test("and reaches nobody runs mute; another one with that defect does not", () => {
    const mute = boardOf(booted, "noNetwork").board;
    mute.powerOn();
    expect(mute.isMute).toBe(true);
    const other = boardOf(booted, "noNetwork", new Uint8Array(32)).board;
    other.powerOn();
    expect(other).toMatchObject({ isMute: false, isUpdated: false });
  });
});
