import { Encoder } from "#agent/fec/encoder.ts";
import { mcSessionKeys } from "#agent/keys/multicast.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { sealData } from "#sim/mac/data-security.ts";
import type { SessionKeys } from "#sim/mac/session-keys.ts";
import { readAnswer, type Stage } from "./campaign-answers.ts";
import { type CampaignConfig, CampaignRequests } from "./campaign-requests.ts";
import type { NetworkServer } from "./network-server.ts";
import type { ServerDevice } from "./server-device.ts";

export type Job =
  | "CREATE_MC_GROUP"
  | "ADD_DEVS_TO_MC_GROUP"
  | "ADD_GWS_TO_MC_GROUP"
  | "MC_GROUP_SETUP"
  | "FRAG_SESSION_SETUP"
  | "MC_SESSION"
  | "ENQUEUE"
  | "FRAG_STATUS"
  | "DELETE_MC_GROUP"
  | "COMPLETE";

/** A device of the deployment, as ChirpStack lists it. Times are GPS seconds. */
export interface DeviceRow {
  readonly device: ServerDevice;
  mcGroupSetupAt: GpsSeconds | undefined;
  fragSessionSetupAt: GpsSeconds | undefined;
  mcSessionAt: GpsSeconds | undefined;
  fragStatusAt: GpsSeconds | undefined;
  completedAt: GpsSeconds | undefined;
  /** The first error or time-out; a later good answer does not clear it. */
  errorMsg: string;
  /** v2: counts every transmission of a FragSessionSetupReq. */
  sessionCnt: number;
}

interface StageRule {
  readonly stage: Stage;
  readonly timeoutText: string;
  readonly next: Job;
}

const STAGES: Readonly<Partial<Record<Job, StageRule>>> = {
  MC_GROUP_SETUP: {
    stage: "mcGroupSetup",
    timeoutText: "McGroupSetupReq timeout.",
    next: "FRAG_SESSION_SETUP",
  },
  FRAG_SESSION_SETUP: {
    stage: "fragSessionSetup",
    timeoutText: "FragSessionSetupReq timeout.",
    next: "MC_SESSION",
  },
  MC_SESSION: { stage: "mcSession", timeoutText: "McSessionReq timeout", next: "ENQUEUE" },
  FRAG_STATUS: {
    stage: "fragStatus",
    timeoutText: "FragStatusReq timeout.",
    next: "DELETE_MC_GROUP",
  },
};

const SCHEDULER_INTERVAL_US = 1_000_000;

/**
 * A FUOTA deployment in the order, the pacing and with the retries of ChirpStack v4: one job at a
 * time, each unicast stage repeated every uplink interval, the fragmentation session before the
 * multicast session, the status asked once.
 */
export class Campaign {
  readonly rows: readonly DeviceRow[];
  readonly mcAddr: number;
  readonly requests: CampaignRequests;
  readonly codedFragments: number;
  job: Job = "CREATE_MC_GROUP";
  /** Why a stage had nobody left, as ListJobs shows it. */
  jobError = "";
  fragmentsSent = 0;
  onJob: ((job: Job) => void) | undefined;
  readonly #config: CampaignConfig;
  readonly #server: NetworkServer;
  readonly #byDevice: ReadonlyMap<ServerDevice, DeviceRow>;
  readonly #encoder: Encoder;
  readonly #multicastKeys: SessionKeys;
  #attempts = 0;
  #sessionStartUs: WorldUs | undefined;
  #groupExists = true;

  constructor(config: CampaignConfig, devices: readonly ServerDevice[], server: NetworkServer) {
    const { entropy, crypto } = server.io;
    this.#config = config;
    this.#server = server;
    this.rows = devices.map(newRow);
    this.#byDevice = new Map(this.rows.map((row) => [row.device, row]));
    this.mcAddr = server.newDevAddr();
    const mcKey = Uint8Array.from({ length: 16 }, () => entropy.below("mcKey", 256));
    this.requests = new CampaignRequests(config, { mcAddr: this.mcAddr, mcKey }, crypto);
    const { nbFrag } = this.requests;
    this.codedFragments = Math.ceil((nbFrag * config.redundancyPercent) / 100);
    const block = new Uint8Array(nbFrag * config.fragSize);
    block.set(config.image);
    this.#encoder = new Encoder(config.parityVariant, config.fragSize, block);
    const { mcAppSKey, mcNwkSKey } = mcSessionKeys(mcKey, this.mcAddr, crypto);
    this.#multicastKeys = { lorawan: "1.0", nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
    server.listen((device, fPort, payload) => this.#book(device, fPort, payload));
  }

  get done(): boolean {
    return this.job === "COMPLETE";
  }

  get totalFragments(): number {
    return this.requests.nbFrag + this.codedFragments;
  }

  start(): void {
    this.#runAfter("CREATE_MC_GROUP", 0);
  }

  #runAfter(job: Job, delayUs: number): void {
    const { scheduler } = this.#server.io;
    if (job !== this.job) {
      this.job = job;
      this.#attempts = 0;
      this.onJob?.(job);
    }
    const ticks = Math.max(1, Math.ceil(delayUs / SCHEDULER_INTERVAL_US));
    scheduler.schedule(scheduler.now + ticks * SCHEDULER_INTERVAL_US, () => this.#run());
  }

  #run(): void {
    switch (this.job) {
      case "CREATE_MC_GROUP":
        this.#runAfter("ADD_DEVS_TO_MC_GROUP", 0);
        return;
      case "ADD_DEVS_TO_MC_GROUP":
        this.#runAfter("ADD_GWS_TO_MC_GROUP", 0);
        return;
      case "ADD_GWS_TO_MC_GROUP":
        this.#runAfter("MC_GROUP_SETUP", 0);
        return;
      case "ENQUEUE":
        this.#enqueueFragments();
        return;
      case "DELETE_MC_GROUP":
        this.#groupExists = false;
        this.#runAfter("COMPLETE", 0);
        return;
      case "COMPLETE":
        this.#complete();
        return;
      default:
        this.#runStage(this.job);
        return;
    }
  }

  #runStage(job: Job): void {
    const rule = STAGES[job];
    if (rule === undefined) throw new RangeError(`${job} is no unicast stage`);
    const reached = this.rows.filter((row) => hasReached(row, rule.stage));
    const pending = reached.filter((row) => doneAt(row, rule.stage) === undefined);
    if (reached.length === 0) {
      this.jobError = "There are no devices available to complete this step";
      this.#runAfter("DELETE_MC_GROUP", 0);
      return;
    }
    const attemptsMax = rule.stage === "fragStatus" ? 0 : this.#config.maxRetries;
    if (this.#attempts > attemptsMax) {
      for (const row of pending) row.errorMsg ||= rule.timeoutText;
      this.#next(rule);
      return;
    }
    this.#attempts += 1;
    if (rule.stage === "mcSession") this.#planSession();
    for (const row of pending) this.#request(row, rule.stage);
    if (pending.length === 0) {
      this.#next(rule);
      return;
    }
    this.#runAfter(job, this.#config.uplinkIntervalS * 1e6);
  }

  #next(rule: StageRule): void {
    const wait = rule.next === "ENQUEUE" ? this.#untilUs(this.#startUs) : 0;
    this.#runAfter(rule.next, wait);
  }

  /** The start leaves room for every attempt; a repeated request carries the same start. */
  #planSession(): void {
    const { maxRetries, uplinkIntervalS } = this.#config;
    this.#sessionStartUs ??=
      this.#server.io.scheduler.now + (maxRetries + 1) * uplinkIntervalS * 1e6;
  }

  get #startUs(): WorldUs {
    if (this.#sessionStartUs === undefined) throw new RangeError("the session is not planned");
    return this.#sessionStartUs;
  }

  get #endUs(): WorldUs {
    return this.#startUs + 2 ** this.#config.timeoutExponent * 1e6;
  }

  #untilUs(at: WorldUs): number {
    return Math.max(0, at - this.#server.io.scheduler.now);
  }

  #request(row: DeviceRow, stage: Stage): void {
    const { provisioned } = row.device;
    switch (stage) {
      case "mcGroupSetup":
        this.#send(row, MULTICAST_SETUP_PORT, this.requests.mcGroupSetup(provisioned));
        return;
      case "fragSessionSetup": {
        const request = this.requests.fragSessionSetup(provisioned, row.sessionCnt);
        row.sessionCnt = (row.sessionCnt + 1) % 65_536;
        this.#send(row, FRAG_PORT, request);
        return;
      }
      case "mcSession": {
        const sessionTime = this.#server.gpsAt(this.#startUs);
        this.#send(row, MULTICAST_SETUP_PORT, this.requests.mcClassCSession(sessionTime));
        return;
      }
      case "fragStatus":
        this.#send(row, FRAG_PORT, this.requests.fragSessionStatus());
        return;
    }
  }

  #send(row: DeviceRow, fPort: number, payload: Uint8Array): void {
    this.#server.enqueue(row.device, fPort, payload);
  }

  /** Every fragment gets its time at once; what is unsent when the group goes is dropped. */
  #enqueueFragments(): void {
    this.#sendFragment(1);
    const { requestStatus } = this.#config;
    if (requestStatus === "never") {
      this.#runAfter("DELETE_MC_GROUP", this.#untilUs(this.#endUs));
      return;
    }
    const wait = requestStatus === "afterSessionTimeout" ? this.#untilUs(this.#endUs) : 0;
    this.#runAfter("FRAG_STATUS", wait);
  }

  #sendFragment(n: number): void {
    if (!this.#groupExists || n > this.totalFragments) return;
    const { scheduler, crypto, transmit } = this.#server.io;
    const { dr, frequencyHz, spacingUs } = this.#config;
    const phyPayload = sealData(
      {
        direction: "down",
        confirmed: false,
        devAddr: this.mcAddr,
        adr: false,
        adrAckReq: false,
        ack: false,
        fPending: false,
        fPort: FRAG_PORT,
        fOpts: NO_BYTES,
        frmPayload: this.requests.dataFragment(n, this.#encoder.fragment(n)),
      },
      this.#multicastKeys,
      { fCnt: n - 1 },
      crypto,
    );
    // any acknowledgement removes a multicast item, an error too
    transmit({ phyPayload, dr, frequencyHz, timing: { type: "immediately" } }, () => {});
    this.fragmentsSent = n;
    scheduler.schedule(scheduler.now + spacingUs, () => this.#sendFragment(n + 1));
  }

  #complete(): void {
    const { requestStatus } = this.#config;
    const now = this.#server.gpsAt(this.#server.io.scheduler.now);
    for (const row of this.rows) {
      const isDone =
        row.mcGroupSetupAt !== undefined &&
        row.fragSessionSetupAt !== undefined &&
        row.mcSessionAt !== undefined &&
        (row.fragStatusAt !== undefined || requestStatus === "never");
      if (isDone) row.completedAt = now;
    }
    this.#isComplete = true;
    this.onDone?.();
  }

  #isComplete = false;
  onDone: (() => void) | undefined;

  #book(device: ServerDevice, fPort: number, payload: Uint8Array): void {
    const row = this.#byDevice.get(device);
    if (row === undefined || this.#isComplete) return;
    const answer = readAnswer(fPort, payload, this.#config.packages);
    if (answer === undefined) return;
    if (answer.error !== "") {
      row.errorMsg ||= answer.error;
      return;
    }
    const now = this.#server.gpsAt(this.#server.io.scheduler.now);
    if (answer.stage === "mcGroupSetup") row.mcGroupSetupAt ??= now;
    else if (answer.stage === "fragSessionSetup") row.fragSessionSetupAt ??= now;
    else if (answer.stage === "mcSession") row.mcSessionAt ??= now;
    else row.fragStatusAt ??= now;
  }
}

const NO_BYTES = new Uint8Array(0);

function newRow(device: ServerDevice): DeviceRow {
  return {
    device,
    mcGroupSetupAt: undefined,
    fragSessionSetupAt: undefined,
    mcSessionAt: undefined,
    fragStatusAt: undefined,
    completedAt: undefined,
    errorMsg: "",
    sessionCnt: 0,
  };
}

function doneAt(row: DeviceRow, stage: Stage): GpsSeconds | undefined {
  switch (stage) {
    case "mcGroupSetup":
      return row.mcGroupSetupAt;
    case "fragSessionSetup":
      return row.fragSessionSetupAt;
    case "mcSession":
      return row.mcSessionAt;
    case "fragStatus":
      return row.fragStatusAt;
  }
}

/** A stage is for the devices that finished the one before. */
function hasReached(row: DeviceRow, stage: Stage): boolean {
  switch (stage) {
    case "mcGroupSetup":
      return true;
    case "fragSessionSetup":
      return row.mcGroupSetupAt !== undefined;
    case "mcSession":
      return row.fragSessionSetupAt !== undefined;
    case "fragStatus":
      return row.mcSessionAt !== undefined;
  }
}
