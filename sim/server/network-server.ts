import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import type { Crypto, Entropy, GpsSeconds } from "#hal/ports.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import { channelIndexOf, rx1FrequencyHz } from "#sim/air/channels.ts";
import type { DownlinkRequest, GatewayUplink } from "#sim/air/frames.ts";
import { rx1DataRate } from "#sim/air/regional.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { isDataMicValid, openPayload } from "#sim/mac/data-security.ts";
import { type DataFrame, type JoinRequestFrame, parsePhyPayload } from "#sim/mac/frame.ts";
import { answerClockSync } from "./clock-answers.ts";
import { sealDownlink } from "./downlink-frame.ts";
import { acceptJoin, refusalOf } from "./join-server.ts";
import { answerMacCommands } from "./mac-answers.ts";
import {
  deviceKeyOf,
  newServerDevice,
  newSession,
  type ProvisionedDevice,
  RX1_DR_OFFSET,
  type ServerDevice,
  type ServerSession,
} from "./server-device.ts";
import { UnaskedDownlinks } from "./unasked-downlinks.ts";
import { judgeUplink } from "./uplink-verdict.ts";
import type { Witness } from "./witness.ts";

export interface ServerConfig {
  readonly netId: number;
  /** True time when the world begins. */
  readonly gpsAtStart: GpsSeconds;
  readonly regional: RegionalSetting;
}

export interface ServerIo {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  /** Hands a downlink to the gateway; `ack(false)` says that it was not and will not be sent. */
  transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void;
}

/** Hears the application uplinks of every device. */
export type ApplicationListener = (
  device: ServerDevice,
  fPort: number,
  payload: Uint8Array,
) => void;

const RECEIVE_DELAY1_US = 1_000_000;
const JOIN_ACCEPT_DELAY1_US = 5_000_000;
const RX2_AFTER_RX1_US = 1_000_000;
/** GPS time is 32 bits of seconds. */
const GPS_PERIOD_US = 2 ** 32 * 1e6;
const QUEUE_MAX = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * A LoRaWAN network server with its join and application server in one: joins, frame counters,
 * class A downlinks, and TS003 answers in the first receive window. Nothing that a radio delivers
 * makes it throw.
 */
export class NetworkServer {
  readonly config: ServerConfig;
  readonly io: ServerIo;
  readonly #devices = new Map<string, ServerDevice>();
  readonly #byDevAddr = new Map<number, ServerDevice>();
  readonly #mcAddrs = new Set<number>();
  readonly #listeners: ApplicationListener[] = [];
  witness: Witness | undefined;
  readonly #unasked: UnaskedDownlinks;

  constructor(config: ServerConfig, io: ServerIo) {
    this.config = config;
    this.io = io;
    this.#unasked = new UnaskedDownlinks(config.regional.region, {
      ...io,
      gpsUsAt: (at) => this.gpsUsAt(at),
      onDownlink: (device, item) => this.witness?.onDownlink(device, { ...item, fOpts: NO_BYTES }),
    });
  }

  provision(provisioned: ProvisionedDevice): ServerDevice {
    const key = deviceKeyOf(provisioned.devEui);
    if (this.#devices.has(key)) throw new RangeError(`DevEUI ${key} is provisioned twice`);
    const device = newServerDevice(provisioned);
    this.#devices.set(key, device);
    if (provisioned.abp !== undefined) {
      this.openSession(device, newSession(provisioned.abp, provisioned));
    }
    return device;
  }

  listen(listener: ApplicationListener): void {
    this.#listeners.push(listener);
  }

  gpsUsAt(at: WorldUs): number {
    return this.config.gpsAtStart * 1e6 + at;
  }

  gpsAt(at: WorldUs): GpsSeconds {
    return Math.floor(this.gpsUsAt(at) / 1e6) % 2 ** 32;
  }

  /** Appends to the class A queue of a device. The oldest item makes room in a full one. */
  enqueue(device: ServerDevice, fPort: number, payload: Uint8Array): void {
    if (!Number.isInteger(fPort) || fPort < 1 || fPort > 255) throw new RangeError(`port ${fPort}`);
    if (device.queue.length >= QUEUE_MAX) device.queue.shift();
    device.queue.push({ fPort, payload });
    this.#unasked.wake(device);
  }

  /** Takes back what has not gone out; by the very bytes that were handed over. */
  withdraw({ queue }: ServerDevice, payload: Uint8Array): void {
    const index = queue.findIndex((item) => item.payload === payload);
    if (index >= 0) queue.splice(index, 1);
  }

  /** Whose session has this address. */
  deviceAt(devAddr: number): ServerDevice | undefined {
    return this.#byDevAddr.get(devAddr);
  }

  /** From the gateway, when the uplink ends. */
  receive(uplink: GatewayUplink): void {
    const frame = parsePhyPayload(uplink.phyPayload);
    if (frame.type === "joinRequest") this.#receiveJoin(uplink, frame);
    if (frame.type === "data" && frame.direction === "up") this.#receiveData(uplink, frame);
  }

  newDevAddr(): number {
    return this.#freeAddress("devAddr");
  }

  /** For a multicast group, for good. */
  newMcAddr(): number {
    const mcAddr = this.#freeAddress("mcAddr");
    this.#mcAddrs.add(mcAddr);
    return mcAddr;
  }

  /** One that neither a device nor a group has. */
  #freeAddress(purpose: "devAddr" | "mcAddr"): number {
    for (;;) {
      const nwkAddr = this.io.entropy.below(purpose, 2 ** 25);
      const address = ((this.config.netId & 0x7f) * 2 ** 25 + nwkAddr) >>> 0;
      if (!this.#byDevAddr.has(address) && !this.#mcAddrs.has(address)) return address;
    }
  }

  openSession(device: ServerDevice, session: ServerSession): void {
    if (device.session !== undefined) this.#byDevAddr.delete(device.session.devAddr);
    device.session = session;
    this.#byDevAddr.set(session.devAddr, device);
  }

  #receiveJoin(uplink: GatewayUplink, frame: JoinRequestFrame): void {
    const device = this.#devices.get(deviceKeyOf(frame.devEui));
    if (device === undefined) {
      this.witness?.onStranger(frame.devEui);
      return;
    }
    const refusal = refusalOf(device, frame, uplink.phyPayload, this.io.crypto);
    this.witness?.onJoin(device, uplink, refusal);
    if (refusal !== undefined) return;
    const accept = acceptJoin(device, frame, this);
    this.#answer(uplink, JOIN_ACCEPT_DELAY1_US, accept, () => {});
  }

  #receiveData(uplink: GatewayUplink, frame: DataFrame): void {
    const device = this.#byDevAddr.get(frame.devAddr);
    const session = device?.session;
    if (device === undefined || session === undefined) return;
    const verdict = judgeUplink(frame, session.nextFCntUp, this.#micOf(uplink, frame, session));
    const { fPort, confirmed } = frame;
    const isForged = verdict.type === "forged";
    const payload = isForged
      ? undefined
      : openPayload(frame, verdict.fCnt, session.keys, this.io.crypto);
    this.witness?.onUplink(device, uplink, { verdict, fPort, payload });
    if (isForged || payload === undefined) return;
    if (verdict.type === "new") {
      session.nextFCntUp = verdict.fCnt + 1;
      session.isClassB = frame.fPending && device.provisioned.unicastClass === "B";
      this.#unasked.onUplink(device, uplink);
      if (fPort !== undefined && fPort > 0) this.#dispatch(device, fPort, payload, uplink.endUs);
    }
    // the acknowledgement of a confirmed uplink was lost: acknowledge again, deliver nothing
    const isAnswered = verdict.type === "new" || (verdict.type === "repeat" && confirmed);
    if (isAnswered) this.#answerData(uplink, frame, verdict.fCnt, device, session);
  }

  #micOf(
    { phyPayload, frequencyHz, dr }: GatewayUplink,
    frame: DataFrame,
    { keys, nextNFCntDown }: ServerSession,
  ): (fCnt: number) => boolean {
    const txCh = channelIndexOf(this.config.regional.region, frequencyHz) ?? 0;
    const confFCnt = frame.ack ? nextNFCntDown - 1 : 0;
    return (fCnt) => {
      const context = { fCnt, confFCnt, txDr: dr, txCh };
      return isDataMicValid(phyPayload, frame, keys, context, this.io.crypto);
    };
  }

  #dispatch(device: ServerDevice, fPort: number, payload: Uint8Array, at: WorldUs): void {
    if (fPort === CLOCK_SYNC_PORT) {
      const answer = answerClockSync(payload, this.gpsUsAt(at) % GPS_PERIOD_US);
      if (answer !== undefined) this.enqueue(device, fPort, answer);
    }
    device.onAnswer?.(fPort, payload);
    for (const listener of this.#listeners) listener(device, fPort, payload);
  }

  #answerData(
    uplink: GatewayUplink,
    frame: DataFrame,
    fCntUp: number,
    device: ServerDevice,
    session: ServerSession,
  ): void {
    const { crypto } = this.io;
    const gpsUs = this.gpsUsAt(uplink.endUs);
    const fOpts = answerMacCommands(frame, fCntUp, session, gpsUs, crypto);
    const isExpected = frame.confirmed || frame.adrAckReq;
    if (device.queue.length === 0 && fOpts.length === 0 && !isExpected) return;
    const extras = { ack: frame.confirmed, adr: frame.adr, fOpts, fCntUp };
    const { fPort, payload = NO_BYTES } = device.queue[0] ?? {};
    const onSeen = this.witness?.onDownlink(device, { fPort, payload, fOpts });
    const { phyPayload, onSent } = sealDownlink(device, session, extras, crypto);
    this.#answer(uplink, RECEIVE_DELAY1_US, phyPayload, (isSent) => {
      onSeen?.(isSent);
      if (isSent) onSent();
    });
  }

  /** First window, or the second when the gateway cannot serve the first. */
  #answer(
    uplink: GatewayUplink,
    delayUs: number,
    phyPayload: Uint8Array,
    onEnd: (isSent: boolean) => void,
  ): void {
    const { endUs, gateway } = uplink;
    const { region, dwell } = this.config.regional;
    const rx2: DownlinkRequest = {
      gateway,
      phyPayload,
      ...region.rx2,
      timing: { type: "at", us: endUs + delayUs + RX2_AFTER_RX1_US },
      answers: uplink,
    };
    const rx1: DownlinkRequest = {
      gateway,
      phyPayload,
      dr: rx1DataRate(region, uplink.dr, RX1_DR_OFFSET, dwell),
      frequencyHz: rx1FrequencyHz(region, uplink.frequencyHz),
      timing: { type: "at", us: endUs + delayUs },
      answers: uplink,
      orElse: rx2,
    };
    this.io.transmit(rx1, (isSent) => {
      if (isSent) onEnd(true);
      else this.io.transmit(rx2, onEnd);
    });
  }
}
