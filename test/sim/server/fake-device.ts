import type { DownlinkRequest } from "#sim/air/frames.ts";
import {
  isDataMicValid,
  type OutgoingData,
  openFOpts,
  openPayload,
  sealData,
} from "#sim/mac/data-security.ts";
import { type DataFrame, parsePhyPayload } from "#sim/mac/frame.ts";
import { type JoinAccept, openJoinAccept, sealJoinRequest } from "#sim/mac/join.ts";
import {
  type MacDownlink,
  type MacUplink,
  macDownlink,
  macUplink,
} from "#sim/mac/mac-commands.wire.ts";
import { deriveSessionKeys, type SessionKeys } from "#sim/mac/session-keys.ts";
import type { ProvisionedDevice, ServerDevice } from "#sim/server/server-device.ts";
import { DEFAULT_CHANNELS_HZ } from "../eu868.ts";
import { type Bench, crypto, provisionOf } from "./bench.ts";

export interface Downlink {
  readonly request: DownlinkRequest;
  readonly frame: DataFrame;
  readonly payload: Uint8Array;
  readonly commands: readonly MacDownlink[];
}

export interface Uplink {
  readonly fPort?: number | undefined;
  readonly payload?: Uint8Array;
  readonly confirmed?: boolean;
  readonly adrAckReq?: boolean;
  readonly isClassB?: boolean;
  readonly commands?: readonly MacUplink[];
  /** Instead of `commands`. */
  readonly fOpts?: Uint8Array;
  readonly fCnt?: number;
  readonly channel?: number;
  readonly dr?: number;
}

/** The radio side of a device by hand: it sends what a test tells it to, and checks every answer. */
export class FakeDevice {
  readonly provisioned: ProvisionedDevice;
  readonly onServer: ServerDevice;
  readonly #bench: Bench;
  #devAddr = 0;
  #keys: SessionKeys | undefined;
  devNonce = 0;
  fCntUp = 0;

  constructor(bench: Bench, provisioned: ProvisionedDevice = provisionOf(1)) {
    this.#bench = bench;
    this.provisioned = provisioned;
    this.onServer = bench.server.provision(provisioned);
  }

  static joined(bench: Bench, provisioned?: ProvisionedDevice): FakeDevice {
    const device = new FakeDevice(bench, provisioned);
    if (device.join() === undefined) throw new Error("the server did not accept the device");
    bench.requests.splice(0);
    return device;
  }

  joinRequest(fields: Partial<{ devEui: Uint8Array; joinEui: Uint8Array; key: Uint8Array }> = {}) {
    const { devEui, joinEui, nwkKey } = this.provisioned;
    const { key = nwkKey, ...rest } = fields;
    return sealJoinRequest({ devEui, joinEui, devNonce: this.devNonce, ...rest }, key, crypto);
  }

  /** Undefined: not accepted. The last transmission counts. */
  join(): JoinAccept | undefined {
    const request = this.#bench.receive(this.joinRequest()).at(-1);
    if (request === undefined) return undefined;
    const accept = openJoinAccept(
      request.phyPayload,
      { ...this.provisioned, rootKey: this.provisioned.nwkKey, devNonce: this.devNonce },
      crypto,
    );
    if (accept === undefined) throw new Error("the accept is not for this request");
    const transcript = { ...accept, ...this.provisioned, devNonce: this.devNonce };
    this.#keys = deriveSessionKeys(this.provisioned, transcript, crypto);
    this.#devAddr = accept.devAddr;
    this.fCntUp = 0;
    this.devNonce += 1;
    return accept;
  }

  /** Sends one uplink; the answers are in the order in which the gateway got them. */
  send(uplink: Uplink = {}): readonly Downlink[] {
    const { fCnt = this.fCntUp, ...rest } = uplink;
    this.fCntUp = fCnt + 1;
    const requests = this.#bench.receive(this.seal({ ...rest, fCnt }), rest);
    return requests.map((request) => this.open(request, fCnt));
  }

  /** The only answer to an uplink. */
  exchange(uplink: Uplink = {}): Downlink {
    const [downlink, second] = this.send(uplink);
    if (downlink === undefined || second !== undefined) throw new Error("not exactly one downlink");
    return downlink;
  }

  seal(uplink: Uplink = {}): Uint8Array {
    const { confirmed = false, adrAckReq = false, isClassB = false } = uplink;
    const { commands = [], channel = 0, dr = 5 } = uplink;
    const { fCnt = this.fCntUp, payload = new Uint8Array(0) } = uplink;
    const fPort = "fPort" in uplink ? uplink.fPort : 10;
    const { fOpts = joined(commands.map((command) => macUplink.encode(command))) } = uplink;
    const frame: OutgoingData = {
      direction: "up",
      confirmed,
      devAddr: this.#devAddr,
      adr: false,
      adrAckReq,
      ack: false,
      fPending: isClassB,
      fPort,
      fOpts,
      frmPayload: payload,
    };
    return sealData(frame, this.#session, { fCnt, txDr: dr, txCh: channel }, crypto);
  }

  /** Checks the MIC and opens. Counters of these tests stay below 2^16. */
  open(request: DownlinkRequest, fCntUp: number): Downlink {
    const { phyPayload } = request;
    const frame = parsePhyPayload(phyPayload);
    if (frame.type !== "data" || frame.direction !== "down") throw new Error("not a downlink");
    const context = { fCnt: frame.fCntLow, confFCnt: fCntUp };
    const keys = this.#session;
    if (frame.devAddr !== this.#devAddr) throw new Error("not for this device");
    if (!isDataMicValid(phyPayload, frame, keys, context, crypto)) throw new Error("MIC");
    const commands = macDownlink.decode(openFOpts(frame, frame.fCntLow, keys, crypto));
    return {
      request,
      frame,
      payload: openPayload(frame, frame.fCntLow, keys, crypto),
      commands: commands.map((decoded) => {
        if (!decoded.ok) throw new Error(`MAC command: ${decoded.reason}`);
        return decoded.command;
      }),
    };
  }

  get #session(): SessionKeys {
    if (this.#keys === undefined) throw new Error("not joined");
    return this.#keys;
  }
}

export const CHANNELS = DEFAULT_CHANNELS_HZ.length;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
