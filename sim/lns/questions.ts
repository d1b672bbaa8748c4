import { CLOCK_SYNC_PORT, clockSyncDownlink } from "#agent/packages/clock-sync.wire.ts";
import { FIRMWARE_MANAGEMENT_PORT, fwDownlink } from "#agent/packages/firmware-management.wire.ts";
import { FRAG_PORT, fragDownlinkV1 } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT, mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";

/** The one of a campaign, and one that nobody sets up. */
export const CAMPAIGN_GROUP = 0;
export const UNDEFINED_GROUP = 3;
const UNDEFINED_SESSION = 3;
/** 128 · 2^10 s, a day and a half: what a device would have by itself. */
const PERIOD = 10;
/** A session that is refused needs a start all the same. */
const LATER_S = 3600;

/** What questions are made of. */
export interface QuestionFacts {
  readonly now: GpsSeconds;
  readonly mcAddr: number;
  /** Of no group that will ever be heard. */
  readonly mcKeyEncrypted: Uint8Array;
  readonly dr: number;
  readonly frequencyHz: number;
}

interface Question {
  readonly fPort: number;
  readonly payload: Uint8Array;
  readonly attempts: number;
}

const ATTEMPTS = 3;

/**
 * What is asked of a device before its campaign: what a campaign never asks. The group is the
 * campaign's: it is set up, set up again, looked at, and deleted.
 */
function questionsOf(facts: QuestionFacts): readonly Question[] {
  const { now, mcAddr, mcKeyEncrypted, dr, frequencyHz } = facts;
  const name = "PackageVersionReq";
  const group = { mcGroupId: CAMPAIGN_GROUP };
  const undefinedGroup = { mcGroupId: UNDEFINED_GROUP };
  const setup = mcDownlink.encode({
    name: "McGroupSetupReq",
    header: group,
    mcAddr,
    mcKeyEncrypted,
    minMcFCnt: 0,
    maxMcFCnt: 0xffff_ffff,
  });
  const session = mcDownlink.encode({
    name: "McClassCSessionReq",
    header: undefinedGroup,
    sessionTime: now + LATER_S,
    param: { timeOut: 0 },
    dlFrequencyHz: frequencyHz,
    dr,
  });
  const on = (fPort: number, payload: Uint8Array, attempts = ATTEMPTS) => ({
    fPort,
    payload,
    attempts,
  });
  const clock = (command: Parameters<typeof clockSyncDownlink.encode>[0]) =>
    on(CLOCK_SYNC_PORT, clockSyncDownlink.encode(command));
  const multicast = (command: Parameters<typeof mcDownlink.encode>[0]) =>
    on(MULTICAST_SETUP_PORT, mcDownlink.encode(command));
  const frag = (command: Parameters<typeof fragDownlinkV1.encode>[0]) =>
    on(FRAG_PORT, fragDownlinkV1.encode(command));
  return [
    clock({ name: "ForceDeviceResyncReq", param: { nbTransmissions: 1 } }),
    clock({ name }),
    frag({ name }),
    multicast({ name }),
    // Most devices have no such package.
    on(FIRMWARE_MANAGEMENT_PORT, fwDownlink.encode({ name }), 1),
    clock({ name: "DeviceAppTimePeriodicityReq", param: { period: PERIOD } }),
    on(MULTICAST_SETUP_PORT, setup),
    on(MULTICAST_SETUP_PORT, setup),
    multicast({ name: "McGroupStatusReq", param: { reqGroupMask: 0b1111 } }),
    multicast({ name: "McGroupDeleteReq", header: group }),
    multicast({ name: "McGroupDeleteReq", header: undefinedGroup }),
    on(MULTICAST_SETUP_PORT, session),
    frag({ name: "FragSessionDeleteReq", param: { fragIndex: UNDEFINED_SESSION } }),
  ];
}

/** ForceDeviceResyncReq has no answer of its own: an AppTimeReq is. */
const FORCE_RESYNC = 0x03;
const APP_TIME_REQ = 0x01;

function answerCidOf({ fPort, payload }: Question): number {
  const cid = payload[0] ?? 0;
  return fPort === CLOCK_SYNC_PORT && cid === FORCE_RESYNC ? APP_TIME_REQ : cid;
}

export interface QuestionIo {
  enqueue(fPort: number, payload: Uint8Array): void;
  /** Takes it back if it is still there. */
  drop(payload: Uint8Array): void;
  /** How long one question may wait for its answer. */
  readonly patienceUs: number;
}

/** Asks one device, one question after the other, each again when no answer came. */
export class Questions {
  readonly #questions: readonly Question[];
  readonly #io: QuestionIo;
  #index = -1;
  #attempt = 0;
  #giveUpUs: WorldUs = 0;

  constructor(facts: QuestionFacts, io: QuestionIo) {
    this.#questions = questionsOf(facts);
    this.#io = io;
  }

  get isDone(): boolean {
    return this.#index >= this.#questions.length;
  }

  /** From time to time; the first time asks the first. */
  tick(now: WorldUs): void {
    const question = this.#questions[this.#index];
    if (this.#index >= 0 && (question === undefined || now < this.#giveUpUs)) return;
    if (question === undefined || this.#attempt >= question.attempts) this.#next(now);
    else this.#ask(question, now);
  }

  /** Before what the server has for the device goes out. */
  onUplink(fPort: number, payload: Uint8Array, now: WorldUs): void {
    const question = this.#questions[this.#index];
    if (question?.fPort === fPort && payload[0] === answerCidOf(question)) this.#next(now);
  }

  /** A question that nobody waits for any more must not go out into the campaign. */
  #next(now: WorldUs): void {
    const before = this.#questions[this.#index];
    if (before !== undefined) this.#io.drop(before.payload);
    this.#index += 1;
    this.#attempt = 0;
    const question = this.#questions[this.#index];
    if (question !== undefined) this.#ask(question, now);
  }

  #ask({ fPort, payload }: Question, now: WorldUs): void {
    this.#attempt += 1;
    this.#io.drop(payload);
    this.#giveUpUs = now + this.#io.patienceUs;
    this.#io.enqueue(fPort, payload);
  }
}
