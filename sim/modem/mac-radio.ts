import type { Crypto, Entropy } from "#hal/ports.ts";
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import {
  EndDeviceMac,
  type MacConfig,
  type MacEvent,
  type MacNvm,
  newMacNvm,
} from "#sim/mac/end-device.ts";
import { parsePhyPayload } from "#sim/mac/frame.ts";
import { macDownlink } from "#sim/mac/mac-commands.wire.ts";
import { answerWindow } from "./answer-window.ts";
import type { Exchange } from "./exchange.ts";
import { isSameListening } from "./listening.ts";
import type {
  ModemClass,
  ModemGroup,
  ModemRadio,
  RadioEvent,
  RadioIdentity,
  SendOptions,
  SendOutcome,
  Signal,
} from "./modem-radio.ts";

export interface MacRadioParts {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  readonly regional: RegionalSetting;
  readonly emit: (event: RadioEvent) => void;
  readonly transmit: (uplink: AirUplink) => void;
}

const GOOD_SIGNAL: Signal = { rssiDbm: -60, snrDb: 8 };
const NO_BYTES = new Uint8Array(0);
const NO_GROUP = 3;
const FCNT_MAX = 2 ** 32 - 1;

/**
 * A modem's stack on the simulated MAC: LoRaWAN 1.0 over the air, in class A and class C.
 *
 * A modem whose identity changes gets another MAC with the next join.
 */
export class MacRadio implements ModemRadio {
  readonly #parts: MacRadioParts;
  readonly #nvm: MacNvm = newMacNvm();
  #mac: EndDeviceMac | undefined;
  #isJoining = false;
  #exchange: Exchange | undefined;
  /** The downlink that is being received, and how well. */
  #current: { readonly downlink: AirDownlink; readonly signal: Signal } | undefined;
  #listening: readonly ModemGroup[] = [];
  /** Its class changes while the MAC lives. */
  #mode: { unicastClass: ModemClass } = { unicastClass: "A" };

  constructor(parts: MacRadioParts) {
    this.#parts = parts;
  }

  get isJoined(): boolean {
    return this.#nvm.session !== undefined;
  }

  get devAddr(): number {
    return this.#nvm.session?.devAddr ?? 0;
  }

  get netId(): number {
    return this.isJoined ? this.devAddr >>> 25 : 0;
  }

  get rx2(): { readonly frequencyHz: number; readonly dr: number } {
    return this.#parts.regional.region.rx2;
  }

  get payloadMaxBytes(): number {
    const { region, dwell } = this.#parts.regional;
    return maxPayloadBytes(region, this.#nvm.session?.dr ?? 0, { dwell: dwell.uplink });
  }

  join(identity: RadioIdentity, dr: number): boolean {
    if (this.#isJoining || this.#exchange !== undefined) return false;
    this.#mac?.reset();
    this.#nvm.session = undefined;
    this.#mac = this.#newMac(identity, dr);
    this.#isJoining = true;
    this.#mac.perform({ type: "join" });
    return true;
  }

  stopJoining(): void {
    if (!this.#isJoining) return;
    this.#isJoining = false;
    this.#mac?.reset();
  }

  send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    const { session } = this.#nvm;
    const mac = this.#mac;
    if (session === undefined || mac === undefined) return { type: "notJoined" };
    if (this.#isJoining || this.#exchange !== undefined) return { type: "busy" };
    const { region } = this.#parts.regional;
    if (region.uplinkRates[dr] !== undefined) session.dr = dr;
    const { now } = this.#parts.scheduler;
    const freeUs = mac.earliestUplinkUs ?? now;
    if (freeUs > now) return { type: "restricted", waitMs: Math.ceil((freeUs - now) / 1000) };
    const isTooLong = payload.length > this.payloadMaxBytes;
    // As the firmware does: what is too long leaves empty, and then it is refused.
    const sent = isTooLong ? NO_BYTES : payload;
    this.#exchange = {
      fPort,
      payload: sent,
      options,
      uplink: undefined,
      acknowledged: false,
      answer: undefined,
      link: undefined,
      gps: undefined,
    };
    if (options.linkCheck) mac.ask("LinkCheckReq");
    if (options.timeRequest) mac.ask("DeviceTimeReq");
    mac.perform({ type: "requestUplink" });
    return { type: isTooLong ? "tooLong" : "accepted" };
  }

  listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void {
    const mac = this.#mac;
    if (mac === undefined) return;
    const isOtherClass = this.#mode.unicastClass !== modemClass;
    this.#mode.unicastClass = modemClass;
    // A group that is none: the MAC tunes its radio anew.
    if (isOtherClass) mac.perform({ type: "deleteMcGroup", groupId: NO_GROUP });
    const [first] = groups;
    const tuned = groups.filter(
      ({ frequencyHz, dr }) => frequencyHz === first?.frequencyHz && dr === first.dr,
    );
    if (isSameListening(tuned, this.#listening)) return;
    for (const groupId of this.#listening.keys()) mac.perform({ type: "deleteMcGroup", groupId });
    this.#listening = tuned;
    for (const [groupId, group] of tuned.entries()) {
      mac.perform({
        type: "setMcGroup",
        groupId,
        mcAddr: group.mcAddr,
        mcNwkSKey: group.nwkSKey,
        mcAppSKey: group.appSKey,
        minMcFCnt: 0,
        maxMcFCnt: FCNT_MAX,
        nextMcFCnt: group.nextFCnt,
      });
      const { frequencyHz, dr } = group;
      mac.perform({ type: "startClassC", groupId, frequencyHz, dr });
    }
  }

  reset(): void {
    this.#mac?.reset();
    this.#nvm.session = undefined;
    this.#isJoining = false;
    this.#exchange = undefined;
    this.#listening = [];
    this.#mode.unicastClass = "A";
  }

  /** From the air, when a downlink ends. Any bytes will do. */
  onAir(downlink: AirDownlink, signal: Signal = GOOD_SIGNAL): void {
    const mac = this.#mac;
    if (mac?.hears(downlink) !== true) return;
    this.#current = { downlink, signal };
    mac.receive(downlink);
    this.#current = undefined;
  }

  /** A unicast downlink that the MAC took: what it says beside its payload is clear on the air. */
  #accept(morePending: boolean, fPort: number | undefined, payload: Uint8Array): void {
    const exchange = this.#exchange;
    const { downlink, signal = GOOD_SIGNAL } = this.#current ?? {};
    const frame = downlink && parsePhyPayload(downlink.phyPayload);
    if (downlink === undefined || frame?.type !== "data") return;
    const window = answerWindow(downlink, exchange?.uplink, this.#nvm.session?.rxDelayS ?? 1);
    if (exchange === undefined || window === undefined) {
      if (fPort === undefined || payload.length === 0) return;
      this.#parts.emit({ type: "unicast", fPort, payload: payload.slice(), ...signal });
      return;
    }
    exchange.acknowledged = frame.ack;
    exchange.answer = { ...signal, window, morePending, fPort, payload: payload.slice() };
    for (const decoded of macDownlink.decode(frame.fOpts)) {
      if (!decoded.ok) break;
      const { command } = decoded;
      if (command.name === "DeviceTimeAns") exchange.gps = command.gps + command.fraction / 256;
      if (command.name === "LinkCheckAns") {
        exchange.link = { marginDb: command.marginDb, gateways: command.gatewayCount };
      }
    }
  }

  #newMac({ devEui, joinEui, appKey }: RadioIdentity, dr: number): EndDeviceMac {
    const { scheduler, crypto, entropy, regional, transmit } = this.#parts;
    const { plan, usual } = regional.region;
    const uplinkDr = plan.type === "dynamic" ? Math.min(dr, plan.drMax) : usual.uplinkDr;
    const config: MacConfig & { unicastClass: ModemClass } = {
      devEui,
      joinEui,
      lorawan: "1.0",
      appKey,
      nwkKey: appKey,
      regional,
      uplinkDr,
      joinSpreadUs: 1,
      confirmedTransmissions: 1,
      unicastClass: "A",
    };
    this.#mode = config;
    return new EndDeviceMac(
      config,
      {
        scheduler,
        crypto,
        entropy,
        transmit: (uplink) => {
          if (this.#exchange !== undefined) this.#exchange.uplink = uplink;
          transmit(uplink);
        },
        emit: (event) => this.#onMac(event),
        onJoinSilence: () => {
          this.stopJoining();
          this.#parts.emit({ type: "joinFailed", reason: "rxTimeout" });
        },
      },
      this.#nvm,
    );
  }

  #onMac(event: MacEvent): void {
    switch (event.type) {
      case "joined":
        this.#isJoining = false;
        this.#listening = [];
        this.#parts.emit({ type: "joined" });
        return;
      case "uplinkReady":
        this.#transmit(event.payloadMaxBytes);
        return;
      case "uplinkDone":
        this.#endExchange();
        return;
      case "contact":
        this.#accept(event.morePending, undefined, NO_BYTES);
        return;
      case "downlink":
        if (event.source.type === "multicast") {
          const { fPort, payload } = event;
          this.#parts.emit({
            type: "multicast",
            fPort,
            payload,
            ...(this.#current?.signal ?? GOOD_SIGNAL),
          });
        } else this.#accept(event.morePending, event.fPort, event.payload);
        return;
      case "linkCheck": // read from the air
      case "deviceTime":
        return;
      default:
        event satisfies never;
    }
  }

  #transmit(payloadMaxBytes: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { fPort, payload, options } = exchange;
    // MAC commands take their room at the last moment.
    const frmPayload = payload.length > payloadMaxBytes ? NO_BYTES : payload;
    this.#mac?.perform({
      type: "uplink",
      fPort,
      payload: frmPayload,
      confirmed: options.confirmed,
    });
  }

  #endExchange(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    const { options, acknowledged, answer, link, uplink } = exchange;
    const { confirmed } = options;
    // DeviceTimeAns tells when the uplink ended.
    const sinceS = (this.#parts.scheduler.now - (uplink?.endUs ?? 0)) / 1e6;
    const gps = exchange.gps === undefined ? undefined : exchange.gps + sinceS;
    this.#parts.emit({ type: "exchangeOver", confirmed, acknowledged, answer, link, gps });
  }
}
