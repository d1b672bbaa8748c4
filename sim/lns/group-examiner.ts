import {
  type McUplink,
  mcDownlink,
  MULTICAST_SETUP_PORT as PORT,
} from "#agent/packages/multicast-setup.wire.ts";
import type { GatewayUplink } from "#sim/air/frames.ts";
import type { AnswerDesk } from "./answer-desk.ts";
import type { Asked } from "./asked.ts";
import { CLOCK_TOLERANCE_S, type ClockWorld } from "./clock-examiner.ts";
import type { Evidence, MarkSheet } from "./mark-sheet.ts";
import { CAMPAIGN_GROUP, UNDEFINED_GROUP } from "./questions.ts";
import { readMulticastSetup } from "./read-answer.ts";

type GroupCommand = Exclude<McUplink, { readonly name: "PackageVersionAns" }>;
type SessionAns = Extract<
  GroupCommand,
  { readonly name: "McClassCSessionAns" | "McClassBSessionAns" }
>;

const STATUS = 0x01;
const SETUP = 0x02;
const DELETE = 0x03;
const SESSION_C = 0x04;
const SESSION_B = 0x05;

export interface GroupWorld extends ClockWorld {
  readonly packages: 1 | 2;
}

/** TS005: groups and their sessions. */
export class GroupExaminer {
  readonly #sheet: MarkSheet;
  readonly #desk: AnswerDesk;
  readonly #world: GroupWorld;
  /** Groups that the device has said to have, with their addresses. */
  readonly #groups = new Map<number, number>();

  constructor(sheet: MarkSheet, desk: AnswerDesk, world: GroupWorld) {
    this.#sheet = sheet;
    this.#desk = desk;
    this.#world = world;
  }

  read(payload: Uint8Array) {
    return readMulticastSetup(payload, this.#world.packages);
  }

  onCommand(command: GroupCommand, uplink: GatewayUplink, evidence: Evidence): void {
    switch (command.name) {
      case "McGroupSetupAns":
        this.#onSetup(command, evidence);
        break;
      case "McGroupStatusAns":
        this.#onStatus(command, evidence);
        break;
      case "McGroupDeleteAns":
        this.#onDelete(command, evidence);
        break;
      case "McClassCSessionAns":
      case "McClassBSessionAns":
        this.#onSession(command, uplink, evidence);
        break;
      default:
        command satisfies never;
    }
  }

  finish(): void {
    const require = this.#desk.require.bind(this.#desk);
    require("group-setup", PORT, SETUP);
    require("group-status", PORT, STATUS);
    require("group-delete", PORT, DELETE, CAMPAIGN_GROUP);
    require("group-undefined", PORT, DELETE, UNDEFINED_GROUP);
    require("session-undefined", PORT, SESSION_C, UNDEFINED_GROUP);
    require("mc-session", PORT, SESSION_C, CAMPAIGN_GROUP);
    require("mc-session", PORT, SESSION_B, CAMPAIGN_GROUP);
    this.#desk.requireRepeat("group-repeat", PORT, SETUP);
  }

  #onSetup(
    { status }: Extract<GroupCommand, { readonly name: "McGroupSetupAns" }>,
    evidence: Evidence,
  ): void {
    const asked = this.#desk.take(PORT, SETUP, evidence);
    const request = requestIn(asked);
    if (asked === undefined || request?.name !== "McGroupSetupReq") return;
    this.#sheet.pass("group-setup", evidence);
    if (this.#desk.isRepeat(asked)) this.#sheet.pass("group-repeat", evidence);
    const { mcGroupId } = request.header;
    const isGood = status.mcGroupId === mcGroupId && !status.idError;
    const why = status.idError ? "IDerror" : `group ${status.mcGroupId}, asked was ${mcGroupId}`;
    this.#sheet.check("group-setup-id", isGood, evidence, why);
    if (isGood) this.#groups.set(mcGroupId, request.mcAddr);
  }

  #onStatus(
    { status, groups }: Extract<GroupCommand, { readonly name: "McGroupStatusAns" }>,
    evidence: Evidence,
  ): void {
    if (this.#desk.take(PORT, STATUS, evidence) === undefined) return;
    const missing = [...this.#groups].filter(
      ([id, mcAddr]) => !groups.some((group) => group.mcGroupId === id && group.mcAddr === mcAddr),
    );
    const isCounted = status.nbTotalGroups >= this.#groups.size;
    const why = isCounted
      ? `without group ${missing[0]?.[0]}`
      : `NbTotalGroups ${status.nbTotalGroups}`;
    this.#sheet.check("group-status", isCounted && missing.length === 0, evidence, why);
  }

  #onDelete(
    { status }: Extract<GroupCommand, { readonly name: "McGroupDeleteAns" }>,
    evidence: Evidence,
  ): void {
    const asked = this.#desk.take(PORT, DELETE, evidence);
    const request = requestIn(asked);
    if (asked === undefined || request?.name !== "McGroupDeleteReq") return;
    const { mcGroupId } = request.header;
    const isThere = this.#groups.delete(mcGroupId);
    // The answer to the first was lost, and by the second the group was gone.
    if (isThere && status.mcGroupUndefined && this.#desk.isRetry(asked)) return;
    const isSame = status.mcGroupId === mcGroupId;
    const isGood = isSame && status.mcGroupUndefined === !isThere;
    const said = status.mcGroupUndefined ? "McGroupUndefined" : "no error";
    const why = isSame ? said : `group ${status.mcGroupId}, asked was ${mcGroupId}`;
    this.#sheet.check(isThere ? "group-delete" : "group-undefined", isGood, evidence, why);
  }

  #onSession(answer: SessionAns, uplink: GatewayUplink, evidence: Evidence): void {
    const { name, status, timeToStart } = answer;
    const cid = name === "McClassBSessionAns" ? SESSION_B : SESSION_C;
    const request = requestIn(this.#desk.take(PORT, cid, evidence));
    if (request?.name !== "McClassCSessionReq" && request?.name !== "McClassBSessionReq") return;
    const { mcGroupId } = request.header;
    if (!this.#groups.has(mcGroupId)) {
      const isRefused = status.mcGroupUndefined && timeToStart === undefined;
      this.#sheet.check("session-undefined", isRefused, evidence, "it is not refused so");
      return;
    }
    this.#sheet.pass("mc-session", evidence);
    // One that comes after its start is late by the server's doing, and no two stacks say the same.
    if (request.sessionTime < this.#world.gpsAt(evidence.at) && timeToStart === undefined) return;
    const errors = errorsOf(status);
    const isSame = status.mcGroupId === mcGroupId;
    const why = isSame ? errors : `group ${status.mcGroupId}, asked was ${mcGroupId}`;
    this.#sheet.check("mc-session-status", isSame && errors === "", evidence, why);
    if (timeToStart === undefined || errors !== "") return;
    const rightS = Math.max(0, request.sessionTime - this.#world.gpsAt(uplink.endUs));
    const offS = timeToStart - rightS;
    const isNear = Math.abs(offS) <= CLOCK_TOLERANCE_S + this.#world.airtimeS(uplink);
    this.#sheet.check(
      "mc-session-start",
      isNear,
      evidence,
      `${timeToStart} s, expected ${rightS} s`,
    );
  }
}

function errorsOf(status: SessionAns["status"]): string {
  const { drError, freqError, mcGroupUndefined, startMissed, reservedErrors } = status;
  const flags = { drError, freqError, mcGroupUndefined, startMissed, other: reservedErrors !== 0 };
  return Object.entries(flags)
    .flatMap(([name, isSet]) => (isSet ? [name] : []))
    .join(", ");
}

/** Ours, so it can be read. */
function requestIn(asked: Asked | undefined) {
  const [first] = asked === undefined ? [] : mcDownlink.decode(asked.payload);
  return first?.ok === true ? first.command : undefined;
}
