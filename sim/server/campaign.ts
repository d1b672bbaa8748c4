import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import { BEACON_PERIOD_S } from "#scenarios/session.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { readAnswer, type Stage } from "./campaign-answers.ts";
import { type CampaignConfig, CampaignRequests } from "./campaign-requests.ts";
import {
  bookAnswer,
  bookTimeout,
  complete,
  type DeviceRow,
  hasReached,
  newRow,
} from "./device-row.ts";
import { FragmentQueue } from "./fragment-queue.ts";
import type { NetworkServer } from "./network-server.ts";
import type { ServerDevice } from "./server-device.ts";

type UnicastJob = "MC_GROUP_SETUP" | "FRAG_SESSION_SETUP" | "MC_SESSION" | "FRAG_STATUS";

export type Job =
  | "CREATE_MC_GROUP"
  | "ADD_DEVS_TO_MC_GROUP"
  | "ADD_GWS_TO_MC_GROUP"
  | UnicastJob
  | "ENQUEUE"
  | "DELETE_MC_GROUP"
  | "COMPLETE";

interface UnicastRule {
  readonly stage: Stage;
  readonly timeoutText: string;
  readonly next: Job;
}

const UNICAST: Readonly<Record<UnicastJob, UnicastRule>> = {
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

const NOBODY_LEFT = "There are no devices available to complete this step";
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
  readonly queue: FragmentQueue;
  job: Job = "CREATE_MC_GROUP";
  /** Why the deployment was cut short, as ListJobs shows it. */
  jobError = "";
  done = false;
  onJob: ((job: Job) => void) | undefined;
  onDone: (() => void) | undefined;
  readonly #config: CampaignConfig;
  readonly #server: NetworkServer;
  #attempts = 0;
  #sessionStartUs: WorldUs | undefined;

  constructor(config: CampaignConfig, devices: readonly ServerDevice[], server: NetworkServer) {
    const { entropy, crypto } = server.io;
    this.#config = config;
    this.#server = server;
    this.rows = devices.map(newRow);
    for (const row of this.rows) {
      row.device.onAnswer = (fPort, payload) => this.#book(row, fPort, payload);
    }
    this.mcAddr = server.newMcAddr();
    const mcKey = Uint8Array.from({ length: 16 }, () => entropy.below("mcKey", 256));
    const group = { mcAddr: this.mcAddr, mcKey };
    this.requests = new CampaignRequests(config, group, crypto);
    const gpsUsAt = (at: WorldUs) => server.gpsUsAt(at);
    this.queue = new FragmentQueue(config, this.requests, group, { ...server.io, gpsUsAt });
  }

  start(): void {
    this.#schedule(0);
  }

  #enter(job: Job, delayUs = 0): void {
    this.job = job;
    this.#attempts = 0;
    this.onJob?.(job);
    this.#schedule(delayUs);
  }

  /** Jobs run when the scheduler of the server looks for them, at the earliest the next time. */
  #schedule(delayUs: number): void {
    const { scheduler } = this.#server.io;
    const ticks = Math.max(1, Math.ceil(delayUs / SCHEDULER_INTERVAL_US));
    scheduler.schedule(scheduler.now + ticks * SCHEDULER_INTERVAL_US, () => this.#run(this.job));
  }

  #run(job: Job): void {
    switch (job) {
      case "CREATE_MC_GROUP":
        this.#enter("ADD_DEVS_TO_MC_GROUP");
        break;
      case "ADD_DEVS_TO_MC_GROUP":
        this.#enter("ADD_GWS_TO_MC_GROUP");
        break;
      case "ADD_GWS_TO_MC_GROUP":
        this.#enter("MC_GROUP_SETUP");
        break;
      case "ENQUEUE":
        this.#enqueueFragments();
        break;
      case "DELETE_MC_GROUP":
        this.queue.drop();
        this.#enter("COMPLETE");
        break;
      case "COMPLETE":
        this.#complete();
        break;
      default:
        this.#runUnicast(UNICAST[job]);
    }
  }

  #runUnicast({ stage, timeoutText, next }: UnicastRule): void {
    const reached = this.rows.filter((row) => hasReached(row, stage));
    const pending = reached.filter((row) => !row.doneAt.has(stage));
    if (reached.length === 0) {
      this.#cutShort();
      return;
    }
    if (stage === "mcSession") this.#planSession();
    const attemptsMax = stage === "fragStatus" ? 1 : 1 + this.#config.maxRetries;
    if (pending.length > 0 && this.#attempts < attemptsMax) {
      this.#attempts += 1;
      for (const { device } of pending) this.#request(device, stage);
      this.#schedule(this.#config.uplinkIntervalS * 1e6);
      return;
    }
    for (const row of pending) bookTimeout(row, timeoutText);
    this.#enter(next, this.#delayUsOf(next));
  }

  /** A group of which nobody has to be asked for the status stays until the session ends. */
  #delayUsOf(next: Job): number {
    if (next === "ENQUEUE") return this.#untilUs(this.#startUs);
    const isUnasked = next === "DELETE_MC_GROUP" && this.#attempts === 0;
    return isUnasked ? this.#untilUs(this.#endUs) : 0;
  }

  #cutShort(): void {
    this.jobError = NOBODY_LEFT;
    this.#enter("DELETE_MC_GROUP");
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
    const { timeoutExponent, pingPeriodicity } = this.#config;
    const unitS = pingPeriodicity === undefined ? 1 : BEACON_PERIOD_S;
    return this.#startUs + unitS * 2 ** timeoutExponent * 1e6;
  }

  #untilUs(at: WorldUs): number {
    return Math.max(0, at - this.#server.io.scheduler.now);
  }

  #request(device: ServerDevice, stage: Stage): void {
    const isMulticastSetup = stage === "mcGroupSetup" || stage === "mcSession";
    const fPort = isMulticastSetup ? MULTICAST_SETUP_PORT : FRAG_PORT;
    const payload = this.#requestOf(device, stage);
    const { requestCopies = 1 } = this.#config.misbehaviour;
    for (let copy = 0; copy < requestCopies; copy++) this.#server.enqueue(device, fPort, payload);
  }

  #requestOf(device: ServerDevice, stage: Stage): Uint8Array {
    switch (stage) {
      case "mcGroupSetup":
        return this.requests.mcGroupSetup(device.provisioned);
      case "fragSessionSetup": {
        const { sessionCnt } = device;
        device.sessionCnt = (sessionCnt + 1) % 65_536;
        return this.requests.fragSessionSetup(device.provisioned, sessionCnt);
      }
      case "mcSession":
        return this.#sessionRequest(this.#server.gpsAt(this.#startUs));
      case "fragStatus":
        return this.requests.fragSessionStatus();
    }
  }

  #sessionRequest(startGps: GpsSeconds): Uint8Array {
    const { pingPeriodicity } = this.#config;
    return pingPeriodicity === undefined
      ? this.requests.mcClassCSession(startGps)
      : this.requests.mcClassBSession(startGps, pingPeriodicity);
  }

  #enqueueFragments(): void {
    if (!this.rows.some((row) => hasReached(row, "fragStatus"))) {
      this.#cutShort();
      return;
    }
    this.queue.start();
    const { deleteGroupAfterS } = this.#config.misbehaviour;
    if (deleteGroupAfterS !== undefined) {
      const { scheduler } = this.#server.io;
      scheduler.schedule(scheduler.now + deleteGroupAfterS * 1e6, () => this.queue.drop());
    }
    const untilEndUs = this.#untilUs(this.#endUs);
    const { requestStatus } = this.#config;
    if (requestStatus === "never") this.#enter("DELETE_MC_GROUP", untilEndUs);
    else this.#enter("FRAG_STATUS", requestStatus === "afterSessionTimeout" ? untilEndUs : 0);
  }

  #complete(): void {
    const needsStatus = this.#config.requestStatus !== "never";
    const now = this.#gps;
    for (const row of this.rows) complete(row, needsStatus, now);
    this.done = true;
    this.onDone?.();
  }

  get #gps(): number {
    return this.#server.gpsAt(this.#server.io.scheduler.now);
  }

  #book(row: DeviceRow, fPort: number, payload: Uint8Array): void {
    const answer = readAnswer(fPort, payload, this.#config.packages);
    if (answer !== undefined) bookAnswer(row, answer, this.#gps);
  }
}
