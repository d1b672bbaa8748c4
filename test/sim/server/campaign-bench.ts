import { mcKEKey, mcRootKey, mcSessionKeys, unwrapMcKey } from "#agent/keys/multicast.ts";
import { mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import { lorawanLineOf } from "#scenarios/lorawan.ts";
import { isDataMicValid, openPayload } from "#sim/mac/data-security.ts";
import { parsePhyPayload } from "#sim/mac/frame.ts";
import { Campaign, type Job } from "#sim/server/campaign.ts";
import type { CampaignConfig } from "#sim/server/campaign-requests.ts";
import type { ProvisionedDevice } from "#sim/server/server-device.ts";
import { hex } from "../../hex.ts";
import { Bench, crypto, GPS_AT_START, provisionOf, S } from "./bench.ts";
import { FakeDevice } from "./fake-device.ts";

export const IMAGE = Uint8Array.from({ length: 95 }, (_, index) => index);
export const INTERVAL_S = 60;

export const CONFIG: CampaignConfig = {
  packages: 1,
  parityVariant: "ts004-v1",
  image: IMAGE,
  fragSize: 10,
  redundancyPercent: 25,
  dr: 0,
  frequencyHz: 869_525_000,
  spacingUs: 5 * S,
  maxRetries: 1,
  timeoutExponent: 8,
  blockAckDelay: 2,
  requestStatus: "afterSessionTimeout",
  misbehaviour: {},
  descriptor: hex("01 02 03 04"),
  uplinkIntervalS: INTERVAL_S,
};

interface Command {
  readonly atS: number;
  readonly fPort: number;
  readonly payload: Uint8Array;
}

/** Undefined: says nothing. */
export type Answers = (command: Command) => Uint8Array | undefined;

/** Key: port and CID. The values are good answers. */
const GOOD: Readonly<Record<1 | 2, ReadonlyMap<string, Uint8Array>>> = {
  1: new Map([
    ["200 2", hex("02 00")],
    ["201 2", hex("02 00")],
    ["200 4", hex("04 00 2c 01 00")],
    ["201 1", hex("01 0d 00 00 00")],
  ]),
  2: new Map([
    ["200 2", hex("02 00")],
    ["201 2", hex("02 00")],
    ["200 4", hex("04 00 2c 01 00")],
    ["201 1", hex("01 00 0d 00 00")],
  ]),
};

export type Kind = "200 2" | "201 2" | "200 4" | "201 1";
export const kindOf = ({ fPort, payload }: Command) => `${fPort} ${payload[0]}`;

export function good(packages: 1 | 2): Answers {
  return (command) => GOOD[packages].get(kindOf(command));
}

/** Good answers but for one command, which gets `payload`: nothing, or always the same. */
export function goodBut(kind: Kind, payload?: Uint8Array, packages: 1 | 2 = 1): Answers {
  const otherwise = good(packages);
  return (command) => (kindOf(command) === kind ? payload : otherwise(command));
}

/** Looks for downlinks every interval, and answers each at once in an uplink of its own. */
export class ScriptedDevice {
  readonly radio: FakeDevice;
  readonly received: Command[] = [];
  silentUntilS = 0;
  readonly #bench: Bench;
  readonly #answers: Answers;

  constructor(bench: Bench, provisioned: ProvisionedDevice, answers: Answers) {
    this.#bench = bench;
    this.#answers = answers;
    this.radio = FakeDevice.joined(bench, provisioned);
    this.#pollAt(INTERVAL_S / 2);
  }

  /** What came of one kind, in order. */
  all(kind: Kind): readonly Command[] {
    return this.received.filter((command) => kindOf(command) === kind);
  }

  #pollAt(atS: number): void {
    this.#bench.engine.schedule(atS * S, () => {
      if (atS >= this.silentUntilS) this.#poll();
      this.#pollAt(atS + INTERVAL_S);
    });
  }

  #poll(): void {
    let downlink = this.radio.send().at(-1);
    while (downlink !== undefined) {
      const fPort = downlink.frame.fPort ?? 0;
      const atS = this.#bench.engine.now / S;
      const command = { atS, fPort, payload: downlink.payload };
      this.received.push(command);
      const payload = this.#answers(command);
      if (payload === undefined && !downlink.frame.fPending) return;
      downlink = this.radio.send(payload === undefined ? {} : { fPort, payload }).at(-1);
    }
  }
}

export interface Fragment {
  readonly atS: number;
  readonly fCnt: number;
  readonly payload: Uint8Array;
}

/** A campaign, and devices of which each follows its script. */
export class CampaignBench {
  readonly bench = new Bench();
  readonly devices: readonly ScriptedDevice[];
  readonly campaign: Campaign;
  /** When each job was entered, in seconds. */
  readonly jobs: [job: Job, atS: number][] = [];
  readonly multicastAtS: number[] = [];

  constructor(
    scripts: readonly Answers[],
    config: Partial<CampaignConfig> = {},
    lorawan: "1.0" | "1.1" = "1.0",
  ) {
    const whole = { ...CONFIG, ...config };
    this.devices = scripts.map((answers, index) => {
      const provisioned = provisionOf(index, { lorawan, packages: whole.packages });
      return new ScriptedDevice(this.bench, provisioned, answers);
    });
    this.campaign = this.campaignOf(whole);
    this.campaign.onJob = (job) => this.jobs.push([job, this.bench.engine.now / S]);
    this.bench.sends = ({ timing }) => {
      if (timing.type === "immediately") this.multicastAtS.push(this.bench.engine.now / S);
      return true;
    };
  }

  campaignOf(config: CampaignConfig): Campaign {
    const onServer = this.devices.map(({ radio }) => radio.onServer);
    return new Campaign(config, onServer, this.bench.server);
  }

  get device(): ScriptedDevice {
    const [first] = this.devices;
    if (first === undefined) throw new Error("no devices");
    return first;
  }

  /** Starts the campaign and stays until it is done. */
  run(campaign = this.campaign): this {
    campaign.start();
    this.bench.engine.run(1e6 * S, () => campaign.done);
    if (!campaign.done) throw new Error("the campaign does not end");
    return this;
  }

  /** Rows without the device, times in seconds of this world. */
  get rows() {
    const seconds = (gps: number | undefined) => (gps === undefined ? gps : gps - GPS_AT_START);
    return this.campaign.rows.map(({ doneAt, completedAt, errorMsg }) => ({
      done: [...doneAt].map(([stage, gps]) => `${stage} ${seconds(gps)}`),
      completedAt: seconds(completedAt),
      errorMsg,
    }));
  }

  /** The multicast frames, opened with the keys that the device makes of its McGroupSetupReq. */
  fragments(device = this.device): readonly Fragment[] {
    const setup = device.all("200 2").at(-1)?.payload ?? new Uint8Array(0);
    const [decoded] = mcDownlink.decode(setup);
    if (decoded?.ok !== true || decoded.command.name !== "McGroupSetupReq") {
      throw new Error("no McGroupSetupReq");
    }
    const { mcAddr, mcKeyEncrypted } = decoded.command;
    const { lorawan, rootSecret } = device.radio.provisioned;
    const kek = mcKEKey(mcRootKey(lorawanLineOf(lorawan), rootSecret, crypto), crypto);
    const mcKey = unwrapMcKey(kek, mcKeyEncrypted, crypto);
    const { mcAppSKey, mcNwkSKey } = mcSessionKeys(mcKey, mcAddr, crypto);
    const keys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey } as const;
    const frames = this.bench.requests.filter(({ timing }) => timing.type === "immediately");
    return frames.map(({ phyPayload }, index) => {
      const frame = parsePhyPayload(phyPayload);
      if (frame.type !== "data" || frame.devAddr !== mcAddr) throw new Error("another group");
      const fCnt = frame.fCntLow;
      if (!isDataMicValid(phyPayload, frame, keys, { fCnt }, crypto)) throw new Error("MIC");
      const payload = openPayload(frame, fCnt, keys, crypto);
      return { atS: this.multicastAtS[index] ?? 0, fCnt, payload };
    });
  }
}
