import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { FIRMWARE_MANAGEMENT_PORT } from "#agent/packages/firmware-management.wire.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { Region, RegionalRevision } from "#scenarios/regions/region.ts";
import { channelIndexOf, plannedChannels } from "#sim/air/channels.ts";
import type { GatewayUplink } from "#sim/air/frames.ts";
import { PHY_OVERHEAD_BYTES } from "#sim/air/regional.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import type { JoinRefusal } from "#sim/server/join-server.ts";
import type { SeenDownlink, SeenUplink } from "#sim/server/witness.ts";
import { AnswerDesk } from "./answer-desk.ts";
import { AskedLog } from "./asked.ts";
import { ClockExaminer, type ClockWorld } from "./clock-examiner.ts";
import { FragExaminer, type FragWorld } from "./frag-examiner.ts";
import { GroupExaminer } from "./group-examiner.ts";
import { type Evidence, type Grade, MarkSheet } from "./mark-sheet.ts";
import { PACKAGE_IDENTIFIERS, type ReadAnswer, readFirmwareManagement } from "./read-answer.ts";

/** What an examiner knows beside what it sees. */
export interface ExaminerWorld extends ClockWorld, FragWorld {
  readonly region: Region;
  readonly packages: 1 | 2;
}

const REVISIONS: readonly RegionalRevision[] = ["1.0.3", "RP002-1.0.2"];
/** PackageVersionReq and its answer. */
const VERSION = 0x00;
const JOIN_CHECKS = [
  ["joinEui", "join-eui", "another JoinEUI"],
  ["mic", "join-mic", "the MIC is that of another key"],
  ["devNonce", "join-nonce", "this DevNonce was used before"],
] as const;

/** Marks one device by what it says, without a word to it. */
export class Examiner {
  readonly #sheet = new MarkSheet();
  readonly #asked = new AskedLog();
  readonly #world: ExaminerWorld;
  readonly #desk = new AnswerDesk(this.#sheet, this.#asked);
  readonly #clock: ClockExaminer;
  readonly #groups: GroupExaminer;
  readonly #frag: FragExaminer;
  #accepted: Evidence | undefined;

  constructor(world: ExaminerWorld) {
    this.#world = world;
    this.#clock = new ClockExaminer(this.#sheet, this.#desk, world);
    this.#groups = new GroupExaminer(this.#sheet, this.#desk, world);
    this.#frag = new FragExaminer(this.#sheet, this.#desk, world);
  }

  onJoin({ phyPayload, endUs }: GatewayUplink, refusal: JoinRefusal | undefined): void {
    const evidence = { at: endUs, hex: hexOf(phyPayload) };
    // They are looked at in this order, and no further than to what is wrong.
    for (const [wrong, id, why] of JOIN_CHECKS) {
      this.#sheet.check(id, refusal !== wrong, evidence, why);
      if (refusal === wrong) return;
    }
    this.#accepted = evidence;
    this.#clock.onSession();
    this.#frag.onSign(evidence);
  }

  onUplink(uplink: GatewayUplink, { verdict, fPort, payload }: SeenUplink): void {
    const frame = { at: uplink.endUs, hex: hexOf(uplink.phyPayload) };
    this.#sheet.check("frame-mic", verdict.type !== "forged", frame, "the MIC is wrong");
    if (verdict.type === "forged" || payload === undefined) return;
    this.#sheet.pass("join-session", frame);
    const why = `counter ${verdict.fCnt} was used before`;
    this.#sheet.check("frame-counter", verdict.type !== "old", frame, why);
    this.#checkRadio(uplink, frame);
    if (verdict.type !== "new") return;
    this.#frag.onSign(frame);
    if (fPort === undefined || !PACKAGE_IDENTIFIERS.has(fPort)) return;
    this.#onPackage(uplink, fPort, payload);
  }

  /** What is returned is told whether it went out. */
  onDownlink({ fPort, payload }: SeenDownlink, at: number): (isSent: boolean) => void {
    if (fPort === undefined || !PACKAGE_IDENTIFIERS.has(fPort)) return () => {};
    const asked = this.#asked.add(fPort, payload, at);
    this.#clock.onAsked(asked);
    return (isSent) => {
      asked.isSent = isSent;
      if (isSent) this.#clock.onSent(asked);
    };
  }

  /** What was asked and never came fails; the rest was not tried. */
  grades(): readonly Grade[] {
    const accepted = this.#accepted;
    if (accepted !== undefined && !this.#sheet.has("join-session")) {
      this.#sheet.fail("join-session", accepted, "it was accepted and never spoke");
    }
    // TS006 is a package that a device need not have.
    for (const port of [CLOCK_SYNC_PORT, MULTICAST_SETUP_PORT, FRAG_PORT] as const) {
      this.#desk.require(`version-${port}`, port, VERSION);
    }
    this.#clock.finish();
    this.#groups.finish();
    this.#frag.finish();
    return this.#sheet.grades;
  }

  #checkRadio({ phyPayload, frequencyHz, dr }: GatewayUplink, frame: Evidence): void {
    const { region } = this.#world;
    const bytesMax = Math.max(
      ...REVISIONS.map((revision) => maxPayloadBytes(region, dr, { revision })),
    );
    const bytes = phyPayload.length - PHY_OVERHEAD_BYTES;
    const tooLong = `${bytes} bytes at DR${dr}, at most ${bytesMax}`;
    this.#sheet.check("frame-size", bytes <= bytesMax, frame, tooLong);
    const channel = plannedChannels(region)[channelIndexOf(region, frequencyHz) ?? -1];
    const isPlanned = channel !== undefined && channel.drMin <= dr && dr <= channel.drMax;
    const where = `DR${dr} at ${(frequencyHz / 1e6).toFixed(3)} MHz`;
    this.#sheet.check("frame-channel", isPlanned, frame, where);
  }

  #onPackage(uplink: GatewayUplink, fPort: number, payload: Uint8Array): void {
    const evidence = { at: uplink.endUs, hex: `${fPort} ${hexOf(payload)}` };
    switch (fPort) {
      case CLOCK_SYNC_PORT: {
        const read = this.#clock.read(payload);
        this.#checkForm(read, evidence);
        for (const command of read.commands) {
          if (command.name === "PackageVersionAns") this.#onVersion(fPort, command, evidence);
          else this.#clock.onCommand(command, uplink, evidence);
        }
        return;
      }
      case MULTICAST_SETUP_PORT: {
        const read = this.#groups.read(payload);
        this.#checkForm(read, evidence);
        for (const command of read.commands) {
          if (command.name === "PackageVersionAns") this.#onVersion(fPort, command, evidence);
          else this.#groups.onCommand(command, uplink, evidence);
        }
        return;
      }
      case FRAG_PORT: {
        const read = this.#frag.read(payload);
        this.#checkForm(read, evidence);
        for (const command of read.commands) {
          if (command.name === "PackageVersionAns") this.#onVersion(fPort, command, evidence);
          else this.#frag.onCommand(command, evidence);
        }
        return;
      }
      default: {
        const read = readFirmwareManagement(payload);
        this.#checkForm(read, evidence);
        for (const command of read.commands) {
          if (command.name === "PackageVersionAns") this.#onVersion(fPort, command, evidence);
        }
      }
    }
  }

  #checkForm({ commands, problem, hasReserved }: ReadAnswer<unknown>, evidence: Evidence): void {
    this.#sheet.check("answer-length", problem === "", evidence, problem);
    if (problem !== "") return;
    this.#sheet.check(
      "answer-alone",
      commands.length === 1,
      evidence,
      `${commands.length} commands`,
    );
    this.#sheet.check("answer-reserved", !hasReserved, evidence, "reserved bits are set");
  }

  #onVersion(
    fPort: number,
    command: { readonly packageIdentifier: number; readonly packageVersion: number },
    evidence: Evidence,
  ): void {
    const { packageIdentifier, packageVersion } = command;
    const identifier = PACKAGE_IDENTIFIERS.get(fPort);
    const version = fPort === FIRMWARE_MANAGEMENT_PORT ? 1 : this.#world.packages;
    this.#desk.take(fPort, VERSION, evidence);
    const isRight = packageIdentifier === identifier && packageVersion === version;
    const why = `package ${packageIdentifier} version ${packageVersion}, expected ${identifier} version ${version}`;
    this.#sheet.check(`version-${fPort as 200 | 201 | 202 | 203}`, isRight, evidence, why);
  }
}
