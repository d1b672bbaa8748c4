import { NodeCrypto } from "#hal/node/crypto.ts";
import type { LorawanRevision } from "#scenarios/lorawan.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import {
  isDataMicValid,
  type OutgoingData,
  openFOpts,
  openPayload,
  sealData,
} from "#sim/mac/data-security.ts";
import {
  EndDeviceMac,
  type MacConfig,
  type MacEvent,
  type MacNvm,
  newMacNvm,
} from "#sim/mac/end-device.ts";
import { type DataFrame, parsePhyPayload } from "#sim/mac/frame.ts";
import { isJoinRequestMicValid, type JoinAccept, sealJoinAccept } from "#sim/mac/join.ts";
import {
  type MacDownlink,
  type MacUplink,
  macDownlink,
  macUplink,
} from "#sim/mac/mac-commands.wire.ts";
import { deriveSessionKeys, type SessionKeys } from "#sim/mac/session-keys.ts";
import { hex } from "../../hex.ts";
import { airtimeOfDownlinkUs, DEFAULT_CHANNELS_HZ, IN_EU868, rx1DataRate } from "../eu868.ts";

export const crypto = new NodeCrypto();
export const S = 1_000_000;

const key = (first: number) => Uint8Array.from({ length: 16 }, (_, index) => first + index);

/** What the MAC emitted, copied: it reuses an object. */
export interface Emitted {
  readonly atUs: number;
  readonly type: MacEvent["type"];
  readonly fPort?: number;
  readonly payload?: Uint8Array;
  readonly morePending?: boolean;
  readonly payloadMaxBytes?: number;
  readonly source?: string;
  readonly marginDb?: number;
  readonly gatewayCount?: number;
  readonly gpsUs?: number;
  readonly sentUs?: number;
}

interface ReceivedUplink {
  readonly frame: DataFrame;
  readonly payload: Uint8Array;
  readonly commands: readonly MacUplink[];
}

export type Window = "rx1" | "rx2";

/** One device and a server that knows its keys, built from the codec alone. */
export class Network {
  readonly engine = new Engine();
  readonly nvm: MacNvm;
  readonly mac: EndDeviceMac;
  readonly air: AirUplink[] = [];
  readonly events: Emitted[] = [];
  readonly devAddr = 0x260b1234;
  readonly joinEui = hex("70 b3 d5 7e d0 00 11 22");
  readonly devEui = hex("00 04 a3 0b 00 1b 2c 3d");
  readonly appKey = key(0x10);
  readonly nwkKey: Uint8Array;
  readonly #lorawan: LorawanRevision;
  /** What the device says when it may: answered from the front, one per offer. */
  readonly toSend: { fPort: number; payload: Uint8Array; confirmed: boolean }[] = [];
  onUplink: (uplink: AirUplink) => void = () => {};
  onEvent: (event: MacEvent) => void = () => {};
  keys: SessionKeys | undefined = undefined;
  joinNonce = 0;
  nFCntDown = 0;
  aFCntDown = 0;

  constructor(
    options: Partial<
      Pick<
        MacConfig,
        "lorawan" | "uplinkDr" | "adr" | "regional" | "abp" | "unicastClass" | "asksEvery"
      >
    > & {
      nvm?: MacNvm;
      seed?: number;
    } = {},
  ) {
    const { lorawan = "1.0", uplinkDr = 5, adr = false, regional = IN_EU868 } = options;
    const { nvm = newMacNvm(), seed = 1, abp, unicastClass = "A", asksEvery = {} } = options;
    this.keys = abp?.keys;
    this.#lorawan = lorawan;
    this.nwkKey = lorawan === "1.1" ? key(0x80) : this.appKey;
    this.nvm = nvm;
    const { devEui, joinEui, appKey, nwkKey } = this;
    this.mac = new EndDeviceMac(
      {
        devEui,
        joinEui,
        lorawan,
        appKey,
        nwkKey,
        abp,
        unicastClass,
        asksEvery,
        uplinkDr,
        adr,
        regional,
      },
      {
        scheduler: this.engine,
        crypto,
        entropy: new KeyedEntropy(seed, 1),
        emit: (event) => this.#emit(event),
        transmit: (uplink) => {
          this.air.push(uplink);
          this.engine.schedule(uplink.endUs, () => this.onUplink(uplink));
        },
      },
      nvm,
    );
  }

  /** A network whose device has joined. */
  static joined(options: ConstructorParameters<typeof Network>[0] = {}): Network {
    const network = new Network(options);
    network.onUplink = (uplink) => network.acceptJoin(uplink);
    network.mac.perform({ type: "join" });
    network.run(60);
    network.onUplink = () => {};
    if (network.nvm.session === undefined) throw new Error("the device did not join");
    network.air.splice(0);
    network.events.splice(0);
    return network;
  }

  /** An event at the end takes the clock there. */
  run(seconds: number): void {
    const until = this.engine.now + seconds * S;
    this.engine.schedule(until, () => {});
    this.engine.run(until);
  }

  /** Sends one uplink and runs until it is done. */
  exchange(payload: Uint8Array, options: { confirmed?: boolean; fPort?: number } = {}): void {
    const { confirmed = false, fPort = 10 } = options;
    this.toSend.push({ fPort, payload, confirmed });
    this.mac.perform({ type: "requestUplink" });
    const before = this.count("uplinkDone");
    this.engine.run(this.engine.now + 10_000 * S, () => this.count("uplinkDone") > before);
  }

  count(type: MacEvent["type"]): number {
    return this.events.filter((event) => event.type === type).length;
  }

  acceptJoin(
    uplink: AirUplink,
    options: { window?: Window; accept?: Partial<JoinAccept>; delayUs?: number } = {},
  ): void {
    const request = parsePhyPayload(uplink.phyPayload);
    if (request.type !== "joinRequest") return;
    if (!isJoinRequestMicValid(uplink.phyPayload, this.nwkKey, crypto)) throw new Error("MIC");
    this.joinNonce += 1;
    const accept: JoinAccept = {
      joinNonce: this.joinNonce,
      netId: 0x13,
      devAddr: this.devAddr,
      optNeg: this.#lorawan === "1.1",
      rx1DrOffset: 0,
      rx2Dr: 0,
      rxDelayS: 1,
      cfList: undefined,
      ...options.accept,
    };
    const binding = { rootKey: this.nwkKey, ...request };
    this.keys = deriveSessionKeys(this, { ...accept, ...request }, crypto);
    this.nFCntDown = 0;
    this.aFCntDown = 0;
    this.answer(uplink, sealJoinAccept(accept, binding, crypto), { delayUs: 5 * S, ...options });
  }

  /** Puts a downlink into a window of this uplink; it is delivered when it ends. */
  answer(
    uplink: AirUplink,
    phyPayload: Uint8Array,
    options: { window?: Window; delayUs?: number; rx1DrOffset?: number; rx2Dr?: number } = {},
  ): void {
    const { window = "rx1", delayUs = S, rx1DrOffset = 0, rx2Dr = 0 } = options;
    const inRx1 = window === "rx1";
    const dr = inRx1 ? rx1DataRate(uplink.dr, rx1DrOffset) : rx2Dr;
    this.emitAt(uplink.endUs + delayUs + (inRx1 ? 0 : S), {
      phyPayload,
      dr,
      frequencyHz: inRx1 ? uplink.frequencyHz : 869_525_000,
    });
  }

  /** The world's part: a frame ends, the device is asked whether it heard it. */
  emitAt(startUs: number, frame: Pick<AirDownlink, "phyPayload" | "dr" | "frequencyHz">): void {
    const endUs = startUs + airtimeOfDownlinkUs(frame.dr, frame.phyPayload.length);
    const downlink: AirDownlink = { ...frame, startUs, endUs };
    this.engine.schedule(endUs, () => {
      if (this.mac.hears(downlink)) this.mac.receive(downlink);
    });
  }

  /** A sealed unicast downlink with the next counter. */
  downlink(
    fields: Partial<OutgoingData> & { commands?: readonly MacDownlink[] } = {},
    options: { fCnt?: number; confFCnt?: number } = {},
  ): Uint8Array {
    const { commands = [], ...rest } = fields;
    const frame: OutgoingData = {
      direction: "down",
      confirmed: false,
      devAddr: this.devAddr,
      adr: false,
      adrAckReq: false,
      ack: false,
      fPending: false,
      fPort: undefined,
      fOpts: Uint8Array.from(commands.flatMap((command) => [...macDownlink.encode(command)])),
      frmPayload: new Uint8Array(0),
      ...rest,
    };
    const { keys } = this;
    if (keys === undefined) throw new Error("not joined");
    const isApplication = keys.lorawan === "1.1" && (frame.fPort ?? 0) > 0;
    const next = isApplication ? this.aFCntDown : this.nFCntDown;
    const { fCnt = next, confFCnt = 0 } = options;
    if (isApplication) this.aFCntDown = fCnt + 1;
    else this.nFCntDown = fCnt + 1;
    return sealData(frame, keys, { fCnt, confFCnt }, crypto);
  }

  /** Checks and opens an uplink as a server would. */
  open(uplink: AirUplink, options: { fCnt?: number; confFCnt?: number } = {}): ReceivedUplink {
    const frame = parsePhyPayload(uplink.phyPayload);
    const { keys } = this;
    if (frame.type !== "data" || keys === undefined) throw new Error(`got ${frame.type}`);
    const { fCnt = frame.fCntLow, confFCnt = 0 } = options;
    const txCh = DEFAULT_CHANNELS_HZ.indexOf(uplink.frequencyHz);
    const context = { fCnt, confFCnt, txDr: uplink.dr, txCh };
    if (!isDataMicValid(uplink.phyPayload, frame, keys, context, crypto)) throw new Error("MIC");
    const commands = macUplink
      .decode(openFOpts(frame, fCnt, keys, crypto))
      .flatMap((decoded) => (decoded.ok ? [decoded.command] : []));
    return { frame, payload: openPayload(frame, fCnt, keys, crypto), commands };
  }

  lastUplink(): AirUplink {
    const uplink = this.air.at(-1);
    if (uplink === undefined) throw new Error("nothing was sent");
    return uplink;
  }

  #emit(event: MacEvent): void {
    const { source, ...rest } = event.type === "downlink" ? event : { ...event, source: undefined };
    const from = source?.type === "multicast" ? `mc${source.groupId} ${source.fCnt}` : source?.type;
    this.events.push({ atUs: this.engine.now, ...rest, ...(from && { source: from }) });
    this.onEvent(event);
    if (event.type !== "uplinkReady") return;
    const next = this.toSend.shift();
    if (next !== undefined) this.mac.perform({ type: "uplink", ...next });
  }
}
