import { NodeCrypto } from "#hal/node/crypto.ts";
import type { Entropy } from "#hal/ports.ts";
import type { DownlinkRequest } from "#sim/air/frames.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import type { ProvisionedDevice, ServerDevice } from "#sim/server/server-device.ts";
import { hex } from "../../hex.ts";
import { DEFAULT_CHANNELS_HZ, IN_EU868 } from "../eu868.ts";

export const crypto = new NodeCrypto();
export const S = 1_000_000;
export const GPS_AT_START = 1_451_260_818;
export const NET_ID = 0x13;
export const JOIN_EUI = hex("70 b3 d5 7e d0 00 11 22");

interface Heard {
  readonly device: ServerDevice;
  readonly fPort: number;
  readonly payload: Uint8Array;
}

/** A server, the gateway it talks to, and what came out on both sides. */
export class Bench {
  readonly engine = new Engine();
  readonly server: NetworkServer;
  readonly requests: DownlinkRequest[] = [];
  readonly heard: Heard[] = [];
  /** Whether the gateway sends what it is asked to. */
  sends: (request: DownlinkRequest) => boolean = () => true;
  /** How the gateway hands over its acknowledgement. */
  acknowledge: (run: () => void) => void = (run) => run();

  constructor(options: { entropy?: Entropy; gpsAtStart?: number } = {}) {
    const { entropy = new KeyedEntropy(1, -1), gpsAtStart = GPS_AT_START } = options;
    this.server = new NetworkServer(
      { netId: NET_ID, gpsAtStart, regional: IN_EU868 },
      {
        scheduler: this.engine,
        crypto,
        entropy,
        transmit: (request, ack) => {
          this.requests.push(request);
          const isSent = this.sends(request);
          this.acknowledge(() => ack(isSent));
        },
      },
    );
    this.server.listen((device, fPort, payload) => {
      this.heard.push({ device, fPort, payload: payload.slice() });
    });
  }

  /** An event at the end takes the clock there. */
  run(seconds: number): void {
    const until = this.engine.now + Math.round(seconds * S);
    this.engine.schedule(until, () => {});
    this.engine.run(until);
  }

  /** An uplink ends now. Returns what the gateway was asked to send for it. */
  receive(phyPayload: Uint8Array, options: { channel?: number; dr?: number } = {}) {
    const { channel = 0, dr = 5 } = options;
    const frequencyHz = DEFAULT_CHANNELS_HZ[channel] ?? 0;
    const before = this.requests.length;
    this.server.receive({ phyPayload, dr, frequencyHz, endUs: this.engine.now });
    return this.requests.slice(before);
  }
}

const key = (first: number) => Uint8Array.from({ length: 16 }, (_, index) => (first + index) % 256);

/** Device number `index` as the operator registers it. */
export function provisionOf(
  index: number,
  options: { lorawan?: "1.0" | "1.1"; packages?: 1 | 2 } = {},
): ProvisionedDevice {
  const { lorawan = "1.0", packages = 1 } = options;
  const appKey = key(0x10 + index);
  return {
    devEui: Uint8Array.of(0, 4, 0xa3, 0x0b, 0, 0x1b, index >> 8, index & 0xff),
    joinEui: JOIN_EUI,
    lorawan,
    appKey,
    nwkKey: lorawan === "1.0" ? appKey : key(0x80 + index),
    rootSecret: lorawan === "1.0" ? key(0x40 + index) : appKey,
    packages,
  };
}
