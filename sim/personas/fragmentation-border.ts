import type { DeviceNote } from "#agent/events.ts";
import {
  FRAG_PORT,
  type FragDownlink,
  type FragUplinkV1,
  type FragUplinkV2,
  fragDownlinkV1,
  fragDownlinkV2,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import type { BorderIo } from "./border-io.ts";
import { type Piece, readFrame, rewriteEach, type Step } from "./commands.ts";
import type { Deviations } from "./deviations.ts";
import { countFragment, type FragmentCounts, newCounts } from "./fragment-counts.ts";
import { type Report, reportOf, statusAnsV1, statusAnsV2 } from "./status-report.ts";

type SetupReq = Extract<FragDownlink, { name: "FragSessionSetupReq" }>;
type StatusReq = Extract<FragDownlink, { name: "FragSessionStatusReq" }>;

const S_US = 1_000_000;
/** BlockAckDelay of a session that does not exist is 0. */
const UNKNOWN_DELAY_MAX_US = 2 ** 4 * S_US;
const FRAG_INDEX_UNSUPPORTED = 0x04;
const SESSION_DOES_NOT_EXIST = 0x04;
/** As the padded form of it is. */
const NO_SESSION = {
  name: "FragSessionStatusAns",
  status: { memoryError: false, micError: false, sessionDoesNotExist: true },
  received: { nbFragReceived: 0, fragIndex: 0 },
  missingFrag: 0,
} as const;
/** CID and Index&N. */
const FRAGMENT_HEAD_BYTES = 3;

/** TS004 as a persona has it. */
export class FragmentationBorder {
  readonly #does: Deviations;
  readonly #version: 1 | 2;
  readonly #rowsMax: number;
  readonly #io: BorderIo;
  /** Of the session that was set up last. */
  #counts: FragmentCounts | undefined;
  /** Set-ups that the agent has not answered yet, by FragIndex. */
  readonly #setups = new Map<number, SetupReq>();
  /** What a status was asked for that has not left yet, by FragIndex. */
  readonly #asked = new Map<number, Report>();
  /** A memory error of this life. */
  #wasFull = false;

  constructor(does: Deviations, version: 1 | 2, rowsMax: number, io: BorderIo) {
    this.#does = does;
    this.#version = version;
    this.#rowsMax = rowsMax;
    this.#io = io;
  }

  /** A frame that is one fragment. Returns whether the agent is to see it. */
  takeFragment(frame: Uint8Array): boolean {
    const counts = this.#counts;
    if (counts === undefined || frame.length < FRAGMENT_HEAD_BYTES) return true;
    counts.heard += 1;
    const indexAndN = (frame[1] ?? 0) | ((frame[2] ?? 0) << 8);
    if (indexAndN >> 14 !== counts.fragIndex) return true;
    const n = indexAndN & 0x3fff;
    if (n === 0 || frame.length !== FRAGMENT_HEAD_BYTES + counts.fragSize) return true;
    const isTaken = countFragment(counts, n, this.#rowsMax, this.#does);
    if (counts.isFull) this.#wasFull = true;
    return isTaken;
  }

  /** What the agent is to see of any other frame. */
  take(frame: Uint8Array, isMulticast: boolean): readonly Piece[] {
    const set = this.#version === 1 ? fragDownlinkV1 : fragDownlinkV2;
    const skipsUnknown = this.#does.unknownCommand === "skipsByte";
    return readFrame<FragDownlink>(
      frame,
      {
        decode: (payload) => set.decode(payload),
        encode: (command) => this.#encode(command),
      },
      skipsUnknown,
      (command) => this.#obey(command, isMulticast),
    );
  }

  /** What leaves in the place of the agent's answers. */
  rewrite(payload: Uint8Array): Uint8Array {
    if (this.#version === 1) {
      return rewriteEach(payload, fragUplinkV1, (answer) => this.#answerV1(answer));
    }
    return rewriteEach(payload, fragUplinkV2, (answer) => this.#answerV2(answer));
  }

  /** From the agent: its sessions begin and end. */
  note(note: DeviceNote): void {
    if (note.type === "fragSetup") {
      const setup = this.#setups.get(note.fragIndex);
      this.#setups.delete(note.fragIndex);
      if (setup === undefined || note.errors !== 0) return;
      this.#counts = newCounts(note.fragIndex, setup.nbFrag, setup.fragSize);
      this.#asked.delete(note.fragIndex);
    }
    if (note.type === "fragComplete" && this.#counts?.fragIndex === note.fragIndex) {
      this.#counts.isFinished = true;
    }
  }

  reset(): void {
    this.#setups.clear();
    this.#asked.clear();
    this.#wasFull = false;
  }

  #obey(command: FragDownlink, isMulticast: boolean): Step {
    const passed = this.#encode(command);
    switch (command.name) {
      case "FragSessionStatusReq":
        return this.#status(command);
      case "FragSessionSetupReq":
        return isMulticast ? { passed } : this.#setUp(command);
      case "FragSessionDeleteReq": {
        const { fragIndex } = command.param;
        const isOver = this.#counts?.isFinished === true && this.#counts.fragIndex === fragIndex;
        if (isMulticast || !isOver || this.#does.sessionEndsWhenFinished !== true) break;
        return { said: [0x03, SESSION_DOES_NOT_EXIST | fragIndex] };
      }
      case "DataFragment":
      case "PackageVersionReq":
      case "FragDataBlockReceivedAns":
        break;
      default:
        command satisfies never;
    }
    return { passed };
  }

  #setUp(request: SetupReq): Step {
    const { fragIndex } = request.session;
    if (this.#does.singleSession === true && this.#isBusyWithOther(fragIndex)) {
      return { said: [0x02, (fragIndex << 6) | FRAG_INDEX_UNSUPPORTED] };
    }
    this.#setups.set(fragIndex, request);
    return { passed: this.#encode(request) };
  }

  #isBusyWithOther(fragIndex: number): boolean {
    const counts = this.#counts;
    if (counts === undefined || counts.isFinished || counts.fragIndex === fragIndex) return false;
    const sessions = this.#io.status()?.sessions ?? [];
    return sessions.some((session) => session.fragIndex === counts.fragIndex);
  }

  /** Who has other counts has other fragments missing, and answers when the reference would not. */
  #status(request: StatusReq): Step {
    const { fragIndex, participants } = request.param;
    const sessions = this.#io.status()?.sessions ?? [];
    const isKnown = sessions.some((session) => session.fragIndex === fragIndex);
    const isOwn = this.#does.statusAsOf === "request";
    if (!isOwn) return { passed: this.#encode(request) };
    const report = reportOf(this.#counts, sessions, this.#does, this.#wasFull);
    if (!participants && report.missing === 0) return {};
    this.#asked.set(fragIndex, report);
    if (isKnown) {
      return { passed: this.#encode({ ...request, param: { fragIndex, participants: true } }) };
    }
    if (this.#does.unknownSession === undefined) return {};
    this.#io.sayLater(FRAG_PORT, this.#unknown(fragIndex, report), UNKNOWN_DELAY_MAX_US);
    return {};
  }

  /** In the form that {@link rewrite} makes the stack's own of. */
  #unknown(fragIndex: number, report: Report): Uint8Array {
    if (this.#version === 1) return fragUplinkV1.encode(statusAnsV1(fragIndex, report));
    if (this.#does.unknownSession === "answersCounts") {
      return fragUplinkV2.encode(statusAnsV2(fragIndex, report, false));
    }
    const status = { memoryError: false, micError: false, sessionDoesNotExist: true };
    return fragUplinkV2.encode({ name: "FragSessionStatusAns", status });
  }

  #answerV1(answer: FragUplinkV1): Uint8Array {
    if (answer.name !== "FragSessionStatusAns") return fragUplinkV1.encode(answer);
    const report = this.#asked.get(answer.received.fragIndex);
    if (report === undefined) return fragUplinkV1.encode(answer);
    const isFull = report.isFull || answer.status.notEnoughMatrixMemory;
    return fragUplinkV1.encode(statusAnsV1(answer.received.fragIndex, { ...report, isFull }));
  }

  #answerV2(answer: FragUplinkV2): Uint8Array {
    if (answer.name !== "FragSessionStatusAns") return fragUplinkV2.encode(answer);
    if (answer.received === undefined) {
      const isPadded = this.#does.unknownSession === "doesNotExistPadded";
      return isPadded ? fragUplinkV2Chirpstack.encode(NO_SESSION) : fragUplinkV2.encode(answer);
    }
    const { fragIndex } = answer.received;
    const report = this.#asked.get(fragIndex);
    if (report === undefined) return fragUplinkV2.encode(answer);
    const isFull = report.isFull || answer.status.memoryError;
    const full = { ...report, isFull };
    if (this.#does.statusAnsLayoutV2 === "v1") {
      return fragUplinkV1.encode(statusAnsV1(fragIndex, full));
    }
    return fragUplinkV2.encode(statusAnsV2(fragIndex, full, answer.status.micError));
  }

  #encode(command: FragDownlink): Uint8Array {
    if (this.#version === 1 && command.name !== "FragDataBlockReceivedAns") {
      return fragDownlinkV1.encode(command);
    }
    if (command.name === "FragSessionSetupReq" && !("sessionCnt" in command)) {
      throw new RangeError("a set-up of version 1 in version 2");
    }
    return fragDownlinkV2.encode(command);
  }
}
