import { CLOCK_SYNC_PORT, type ClockSyncUplink } from "#agent/packages/clock-sync.wire.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { GatewayUplink } from "#sim/air/frames.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { type AnswerDesk, NO_ANSWER } from "./answer-desk.ts";
import type { Asked } from "./asked.ts";
import type { Evidence, MarkSheet } from "./mark-sheet.ts";
import { readClockSync } from "./read-answer.ts";

export interface ClockWorld {
  readonly gpsAt: (us: WorldUs) => GpsSeconds;
  readonly airtimeS: (uplink: GatewayUplink) => number;
}

type ClockCommand = Exclude<ClockSyncUplink, { readonly name: "PackageVersionAns" }>;

const APP_TIME_ANS = 0x01;
const PERIODICITY = 0x02;
const FORCE_RESYNC = 0x03;
const TOKENS = 16;
export const CLOCK_TOLERANCE_S = 2;
const GPS_PERIOD = 2 ** 32;

/** TS003: what a device asks and says of time. */
export class ClockExaminer {
  readonly #sheet: MarkSheet;
  readonly #desk: AnswerDesk;
  readonly #world: ClockWorld;
  /** Of the newest request in this session. */
  #token: number | undefined;
  /** Whether an AppTimeAns has gone out since. */
  #isAnswered = false;
  /** Whether the device has shown that it took an answer. */
  #hasTaken = false;
  #resync: Asked | undefined;

  constructor(sheet: MarkSheet, desk: AnswerDesk, world: ClockWorld) {
    this.#sheet = sheet;
    this.#desk = desk;
    this.#world = world;
  }

  readonly read = readClockSync;

  /** A device that joins may have rebooted, and have neither token nor time. */
  onSession(): void {
    this.#token = undefined;
    this.#isAnswered = false;
    this.#hasTaken = false;
  }

  onSent({ fPort, cid }: Asked): void {
    if (fPort === CLOCK_SYNC_PORT && cid === APP_TIME_ANS) this.#isAnswered = true;
  }

  onAsked(asked: Asked): void {
    if (asked.fPort === CLOCK_SYNC_PORT && asked.cid === FORCE_RESYNC) this.#resync = asked;
  }

  onCommand(command: ClockCommand, uplink: GatewayUplink, evidence: Evidence): void {
    if (command.name === "AppTimeReq") {
      this.#onRequest(command, uplink, evidence);
      return;
    }
    const asked = this.#desk.take(CLOCK_SYNC_PORT, PERIODICITY, evidence);
    if (asked === undefined) return;
    const offS = this.#offS(command.time, uplink);
    const isRight = !this.#hasTaken || this.#isNear(offS, uplink);
    this.#sheet.check("clock-period", isRight, evidence, `its time is ${offS} s off`);
  }

  finish(): void {
    this.#desk.require("clock-period", CLOCK_SYNC_PORT, PERIODICITY);
    const resync = this.#resync;
    if (resync?.isSent !== true || resync.isAnswered) return;
    const evidence = { at: resync.at, hex: `${CLOCK_SYNC_PORT} 03` };
    this.#sheet.fail("clock-resync", evidence, NO_ANSWER);
  }

  #onRequest(
    { deviceTime, param }: Extract<ClockCommand, { readonly name: "AppTimeReq" }>,
    uplink: GatewayUplink,
    evidence: Evidence,
  ): void {
    const { tokenReq } = param;
    this.#sheet.pass("clock-request", evidence);
    const resync = this.#resync;
    if (resync !== undefined && resync.isSent !== false && !resync.isAnswered) {
      resync.isAnswered = true;
      this.#sheet.pass("clock-resync", evidence);
    }
    const before = this.#token;
    this.#token = tokenReq;
    if (before === undefined) return;
    const isNext = tokenReq === (before + 1) % TOKENS;
    const isRight = tokenReq === before || (isNext && this.#isAnswered);
    this.#sheet.check("clock-token", isRight, evidence, `token ${tokenReq} after ${before}`);
    if (!(isNext && this.#isAnswered)) return;
    this.#isAnswered = false;
    this.#hasTaken = true;
    const offS = this.#offS(deviceTime, uplink);
    this.#sheet.check("clock-set", this.#isNear(offS, uplink), evidence, `it is ${offS} s off`);
  }

  /** A time from 32 bits against ours. */
  #offS(time: GpsSeconds, { endUs }: GatewayUplink): number {
    const off = (time - this.#world.gpsAt(endUs) + GPS_PERIOD) % GPS_PERIOD;
    return off < GPS_PERIOD / 2 ? off : off - GPS_PERIOD;
  }

  /** The correction is from the end of an uplink, the time from its beginning. */
  #isNear(offS: number, uplink: GatewayUplink): boolean {
    return Math.abs(offS) <= CLOCK_TOLERANCE_S + this.#world.airtimeS(uplink);
  }
}
