import {
  type FragUplinkV1,
  type FragUplinkV2,
  fragDownlinkV1,
  fragDownlinkV2,
  FRAG_PORT as PORT,
} from "#agent/packages/fragmentation.wire.ts";
import type { AnswerDesk } from "./answer-desk.ts";
import type { Asked } from "./asked.ts";
import type { Evidence, MarkSheet } from "./mark-sheet.ts";
import { readFragmentation } from "./read-answer.ts";

/** MissingFrag has eight bits. */
const MISSING_MAX = 255;

export interface FragWorld {
  readonly packages: 1 | 2;
  /** Multicast frames that were sent for the device. */
  readonly framesSent: () => number;
}

type FragCommand = Exclude<FragUplinkV1 | FragUplinkV2, { readonly name: "PackageVersionAns" }>;
type StatusAns = Extract<FragCommand, { readonly name: "FragSessionStatusAns" }>;

const STATUS = 0x01;
const SETUP = 0x02;
const DELETE = 0x03;
/** Up to 2^(BlockAckDelay + 4) s (TS004 BlockAckDelay). */
const BLOCK_ACK_DELAY_MIN_EXPONENT = 4;

/** TS004: sessions, and what is left of them when they are over. */
export class FragExaminer {
  readonly #sheet: MarkSheet;
  readonly #desk: AnswerDesk;
  readonly #world: FragWorld;
  #fragIndex: number | undefined;
  #nbFrag = 0;
  #blockAckDelay = 0;
  /** When the device said that it had it all. */
  #complete: Evidence | undefined;
  #isBack = false;

  constructor(sheet: MarkSheet, desk: AnswerDesk, world: FragWorld) {
    this.#sheet = sheet;
    this.#desk = desk;
    this.#world = world;
  }

  read(payload: Uint8Array) {
    return readFragmentation(payload, this.#world.packages);
  }

  /** A sign of life, whatever it says. */
  onSign(evidence: Evidence): void {
    if (this.#complete === undefined || evidence.at === this.#complete.at) return;
    this.#isBack = true;
    this.#sheet.pass("back", evidence);
  }

  onCommand(command: FragCommand, evidence: Evidence): void {
    switch (command.name) {
      case "FragSessionSetupAns":
        this.#onSetup(command, evidence);
        break;
      case "FragSessionStatusAns":
        this.#onStatus(command, evidence);
        break;
      case "FragSessionDeleteAns": {
        const request = this.#requestIn(this.#desk.take(PORT, DELETE, evidence));
        if (request?.name !== "FragSessionDeleteReq") return;
        const { fragIndex, sessionDoesNotExist } = command.status;
        const isGood = sessionDoesNotExist && fragIndex === request.param.fragIndex;
        const why = sessionDoesNotExist ? `index ${fragIndex}` : "no error";
        this.#sheet.check("frag-undefined", isGood, evidence, why);
        break;
      }
      case "FragDataBlockReceivedReq":
        this.#sheet.fail("answer-asked", evidence, "AckReception was 0");
        break;
      default:
        command satisfies never;
    }
  }

  finish(): void {
    this.#desk.require("frag-undefined", PORT, DELETE);
    this.#desk.require("frag-setup", PORT, SETUP);
    this.#desk.require("status", PORT, STATUS);
    if (this.#complete === undefined || this.#isBack) return;
    this.#sheet.fail("back", this.#complete, "nothing was heard after this");
  }

  #onSetup(
    { status }: Extract<FragCommand, { readonly name: "FragSessionSetupAns" }>,
    evidence: Evidence,
  ): void {
    const request = this.#requestIn(this.#desk.take(PORT, SETUP, evidence));
    if (request?.name !== "FragSessionSetupReq") return;
    this.#sheet.pass("frag-setup", evidence);
    const { fragIndex, ...flags } = status;
    const errors = namesOf(flags);
    const isSame = fragIndex === request.session.fragIndex;
    const why = isSame ? `${errors}${hintOf(errors)}` : `index ${fragIndex}`;
    this.#sheet.check("frag-setup-status", isSame && errors === "", evidence, why);
    this.#fragIndex = request.session.fragIndex;
    this.#nbFrag = request.nbFrag;
    this.#blockAckDelay = request.control.blockAckDelay;
  }

  #onStatus(command: StatusAns, evidence: Evidence): void {
    const delayMaxS = 2 ** (this.#blockAckDelay + BLOCK_ACK_DELAY_MIN_EXPONENT);
    const asked = this.#desk.take(PORT, STATUS, evidence, delayMaxS);
    if (asked === undefined || this.#fragIndex === undefined) return;
    this.#sheet.pass("status", evidence);
    const { received, missingFrag, status } = command;
    const errors = namesOf(status);
    this.#sheet.check("status-errors", errors === "", evidence, errors);
    if (received === undefined || missingFrag === undefined) return;
    const { fragIndex, nbFragReceived } = received;
    const isSame = fragIndex === this.#fragIndex;
    this.#sheet.check("status-index", isSame, evidence, `index ${fragIndex}`);
    const sent = this.#world.framesSent();
    const areMissing = missingFrag === MISSING_MAX || nbFragReceived + missingFrag >= this.#nbFrag;
    const isPossible = nbFragReceived <= sent && areMissing;
    const counts = `${nbFragReceived} received of ${sent} sent, ${missingFrag} missing of ${this.#nbFrag}`;
    this.#sheet.check("status-received", isPossible, evidence, counts);
    this.#sheet.check("status-missing", missingFrag === 0, evidence, `${missingFrag} are missing`);
    if (errors === "" && missingFrag === 0) this.#complete = evidence;
  }

  #requestIn(asked: Asked | undefined) {
    if (asked === undefined) return undefined;
    const codec = this.#world.packages === 1 ? fragDownlinkV1 : fragDownlinkV2;
    const [first] = codec.decode(asked.payload);
    return first?.ok === true ? first.command : undefined;
  }
}

function namesOf(flags: Readonly<Record<string, boolean>>): string {
  return Object.entries(flags)
    .flatMap(([name, isSet]) => (isSet ? [name] : []))
    .join(", ");
}

function hintOf(errors: string): string {
  return errors.includes("sessionCntReplay") ? "; give a higher --session-cnt" : "";
}
