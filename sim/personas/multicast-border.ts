import { gpsDistanceS } from "#agent/clock.ts";
import { TIME_TO_START_MAX_S } from "#agent/packages/multicast-session.ts";
import {
  type McDownlink,
  type McUplink,
  mcDownlink,
  mcUplinkV1,
  mcUplinkV2,
} from "#agent/packages/multicast-setup.wire.ts";
import { MC_GROUPS_MAX } from "#agent/packages/multicast-state.ts";
import type { BorderIo } from "./border-io.ts";
import { type Piece, readFrame, rewriteEach, type Step } from "./commands.ts";
import type { Deviations } from "./deviations.ts";

type SetupReq = Extract<McDownlink, { name: "McGroupSetupReq" }>;
type SessionReq = Extract<McDownlink, { name: "McClassCSessionReq" | "McClassBSessionReq" }>;

const ID_ERROR = 0x04;
const DR_ERROR = 0x04;
const FREQ_ERROR = 0x08;
const GROUP_UNDEFINED = 0x10;
const START_MISSED = 0x20;
/** CID and id: what a request takes whose id is none. */
const HEAD_BYTES = 2;
const FCNT_MAX = 0xffff_ffff;

/** TS005 as a persona has it. */
export class MulticastBorder {
  readonly #does: Deviations;
  readonly #version: 1 | 2;
  readonly #io: BorderIo;
  readonly #groups: number;
  /** TimeOut of the last session request for group 0. */
  #timeOut0 = 0;
  /** By group: its session was asked for in class B and is one of class C. */
  readonly #wasClassB: boolean[] = [];
  /** By group: whether it is defined, as far as this frame has changed that. */
  #changed: (boolean | undefined)[] = [];

  constructor(does: Deviations, version: 1 | 2, io: BorderIo) {
    this.#does = does;
    this.#version = version;
    this.#io = io;
    this.#groups = does.mcGroups ?? MC_GROUPS_MAX;
  }

  /** What the agent is to see of a frame. */
  take(frame: Uint8Array): readonly Piece[] {
    this.#changed = [];
    const skipsUnknown = this.#does.unknownCommand === "skipsByte";
    return readFrame(frame, mcDownlink, skipsUnknown, (command, rest) => this.#obey(command, rest));
  }

  /** What leaves in the place of the agent's answers. */
  rewrite(payload: Uint8Array): Uint8Array {
    const set = this.#version === 1 ? mcUplinkV1 : mcUplinkV2;
    return rewriteEach(payload, set, (answer) => set.encode(this.#answer(answer)));
  }

  #obey(command: McDownlink, rest: Uint8Array): Step {
    switch (command.name) {
      case "McGroupStatusReq":
        if (this.#does.groupStatus === "unknown") return { consumed: 1 };
        if (this.#does.groupStatus === "endsFrame") return { ends: true };
        break;
      case "McGroupSetupReq":
        return this.#setUp(command, rest);
      case "McGroupDeleteReq":
        this.#changed[command.header.mcGroupId] = false;
        break;
      case "McClassCSessionReq":
      case "McClassBSessionReq":
        return this.#session(command);
      case "PackageVersionReq":
        break;
      default:
        command satisfies never;
    }
    return { passed: mcDownlink.encode(command) };
  }

  #setUp(request: SetupReq, [, idByte = 0]: Uint8Array): Step {
    const { mcGroupId } = request.header;
    const id = this.#does.unmaskedMcGroupId === true ? idByte : mcGroupId;
    if (id >= this.#groups && this.#does.badGroupId === "misparsed") {
      return { said: [0x02, ID_ERROR | mcGroupId], consumed: HEAD_BYTES };
    }
    this.#changed[mcGroupId] = true;
    const isUnlimited = this.#does.maxMcFCntZero === "noLimit" && request.maxMcFCnt === 0;
    const maxMcFCnt = isUnlimited ? FCNT_MAX : request.maxMcFCnt;
    return { passed: mcDownlink.encode({ ...request, maxMcFCnt }) };
  }

  #session(request: SessionReq): Step {
    const { mcGroupId } = request.header;
    const isClassB = request.name === "McClassBSessionReq";
    const cid = isClassB ? 0x05 : 0x04;
    if (mcGroupId >= this.#groups && this.#does.badGroupId === "misparsed") {
      return { said: [cid, GROUP_UNDEFINED], consumed: HEAD_BYTES };
    }
    if (isClassB && this.#does.classB === "endsFrame") return { ends: true };
    if (mcGroupId === 0) this.#timeOut0 = request.param.timeOut;
    const errors = this.#errorsOf(request);
    if (errors === "silent") return { ends: true };
    if (errors !== 0) {
      this.#io.note({ type: "mcSession", groupId: mcGroupId, state: "refused" });
      return { said: [cid, errors | mcGroupId] };
    }
    if (this.#does.unsyncedClock === "notScheduled" && !this.#io.clock().synced) {
      return { said: [cid, mcGroupId, 0xff, 0xff, 0xff] };
    }
    return { passed: this.#asAgentTakesIt(request) };
  }

  #asAgentTakesIt(request: SessionReq): Uint8Array {
    const { header, param } = request;
    const timeOut = this.#does.timeOutOfGroup0 === true ? this.#timeOut0 : param.timeOut;
    const isClassB = request.name === "McClassBSessionReq";
    this.#wasClassB[header.mcGroupId] = isClassB && this.#does.classB === "asClassC";
    if (isClassB && this.#does.classB !== "asClassC") {
      return mcDownlink.encode({ ...request, param: { ...request.param, timeOut } });
    }
    return mcDownlink.encode({ ...request, name: "McClassCSessionReq", param: { timeOut } });
  }

  /** Bits of the status; 0: the agent decides. */
  #errorsOf(request: SessionReq): number | "silent" {
    const { pastStart, sessionErrors, undefinedGroupBits = GROUP_UNDEFINED } = this.#does;
    if (pastStart === undefined) return 0;
    const group = this.#isDefined(request.header.mcGroupId) ? 0 : undefinedGroupBits;
    const radio = this.#radioErrorsOf(request);
    const isPast = this.#isPast(request);
    const late = isPast ? (pastStart === "b4" ? GROUP_UNDEFINED : START_MISSED) : 0;
    if (sessionErrors !== "firstKind") return group | radio | late;
    if (group !== 0) return group;
    const isSilent = this.#does.freqAndDrInvalid === "silent";
    if (radio === (FREQ_ERROR | DR_ERROR) && isSilent) return "silent";
    return radio === 0 ? late : radio;
  }

  #radioErrorsOf({ name, dr, dlFrequencyHz }: SessionReq): number {
    const { region } = this.#io;
    const isHopping = name === "McClassBSessionReq" && dlFrequencyHz === 0;
    const isUsable = isHopping || region.validFrequency(dlFrequencyHz);
    return (region.validMcDr(dr) ? 0 : DR_ERROR) | (isUsable ? 0 : FREQ_ERROR);
  }

  #isDefined(mcGroupId: number): boolean {
    const groups = this.#io.status()?.groups ?? [];
    return this.#changed[mcGroupId] ?? groups.some(({ groupId }) => groupId === mcGroupId);
  }

  #isPast({ sessionTime }: SessionReq): boolean {
    const { gps, synced } = this.#io.clock();
    if (!synced && this.#does.unsyncedClock !== "trusted") return false;
    const aheadS = gpsDistanceS(gps, sessionTime);
    return this.#does.startsNow === "accepted" ? aheadS < 0 : aheadS <= 0;
  }

  #answer(answer: McUplink): McUplink {
    if (answer.name !== "McClassCSessionAns" && answer.name !== "McClassBSessionAns") return answer;
    const isB = this.#wasClassB[answer.status.mcGroupId] === true;
    const named = isB ? ({ ...answer, name: "McClassBSessionAns" } as const) : answer;
    const isMax = this.#does.unsyncedClock === "timeToStartMax" && !this.#io.clock().synced;
    if (!isMax || named.timeToStart === undefined) return named;
    return { ...named, timeToStart: TIME_TO_START_MAX_S };
  }
}
