import type { DownlinkSource } from "#agent/events.ts";
import { Encoder } from "#agent/fec/encoder.ts";
import type { ParityVariant } from "#agent/fec/rows.ts";
import { dataBlockIntKey, dataBlockMic } from "#agent/keys/data-block.ts";
import { fragDownlinkV1, fragDownlinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import { crypto, rootSecret, type TestDevice } from "./test-device.ts";

export interface FragServerOptions {
  readonly version: 1 | 2;
  readonly data: Uint8Array;
  readonly fragSize: number;
  readonly fragIndex?: number;
  readonly variant?: ParityVariant;
  readonly blockAckDelay?: number;
  readonly ackReception?: boolean;
  readonly mcGroupBitMask?: number;
  readonly sessionCnt?: number;
  /** Spoils the MIC. */
  readonly isMicWrong?: boolean;
}

/** The server's half of one fragmentation session: it makes the bytes. */
export class FragServer {
  readonly nbFrag: number;
  readonly padding: number;
  readonly options: FragServerOptions;
  readonly #encoder: Encoder;

  constructor(options: FragServerOptions) {
    const { data, fragSize, version } = options;
    this.options = options;
    this.nbFrag = Math.ceil(data.length / fragSize);
    this.padding = this.nbFrag * fragSize - data.length;
    const block = new Uint8Array(this.nbFrag * fragSize);
    block.set(data);
    const variant = options.variant ?? (version === 1 ? "ts004-v1" : "ts004-v2-lbm");
    this.#encoder = new Encoder(variant, fragSize, block);
  }

  setup(sessionCnt = this.options.sessionCnt ?? 0): Uint8Array {
    const { version, fragSize, fragIndex = 0, blockAckDelay = 0 } = this.options;
    const { ackReception = false, mcGroupBitMask = 1 } = this.options;
    const command = {
      name: "FragSessionSetupReq",
      session: { mcGroupBitMask, fragIndex },
      nbFrag: this.nbFrag,
      fragSize,
      control: { blockAckDelay, fragAlgo: 0, ackReception },
      padding: this.padding,
      descriptor: Uint8Array.of(1, 2, 3, 4),
    } as const;
    if (version === 1) return fragDownlinkV1.encode(command);
    return fragDownlinkV2.encode({ ...command, sessionCnt, mic: this.#mic(sessionCnt) });
  }

  fragment(n: number): Uint8Array {
    const { fragIndex = 0 } = this.options;
    return fragDownlinkV1.encode({
      name: "DataFragment",
      indexAndN: { n, fragIndex },
      data: this.#encoder.fragment(n),
    });
  }

  statusReq(participants = true): Uint8Array {
    const { fragIndex = 0 } = this.options;
    return fragDownlinkV1.encode({
      name: "FragSessionStatusReq",
      param: { participants, fragIndex },
    });
  }

  #mic(sessionCnt: number): Uint8Array {
    const { data, fragIndex = 0, isMicWrong = false } = this.options;
    const descriptor = Uint8Array.of(1, 2, 3, 4);
    const key = dataBlockIntKey(rootSecret, crypto);
    const block = { sessionCnt, fragIndex, descriptor, sizeBytes: data.length };
    const mac = dataBlockMic(key, block, crypto);
    mac.update(data);
    const mic = mac.digest().slice(0, 4);
    if (isMicWrong) mic[0] = (mic[0] ?? 0) ^ 1;
    return mic;
  }
}

export function multicast(groupId: number, fCnt: number): DownlinkSource {
  return { type: "multicast", groupId, fCnt };
}

const MULTICAST_SETUP_PORT = 200;

/** Gives the device a multicast context, by the command that a server would send. */
export function setUpGroup(device: TestDevice, mcGroupId = 0, mcAddr = 0x01ff_fffe): void {
  const payload = mcDownlink.encode({
    name: "McGroupSetupReq",
    header: { mcGroupId },
    mcAddr,
    mcKeyEncrypted: new Uint8Array(16).fill(mcGroupId + 1),
    minMcFCnt: 0,
    maxMcFCnt: 0xffff_ffff,
  });
  device.downlink(MULTICAST_SETUP_PORT, payload);
}

/** A class C window from `startGps` on, for 2^timeOut seconds. */
export function openWindow(device: TestDevice, startGps: number, timeOut: number): void {
  const payload = mcDownlink.encode({
    name: "McClassCSessionReq",
    header: { mcGroupId: 0 },
    sessionTime: startGps,
    param: { timeOut },
    dlFrequencyHz: 869_525_000,
    dr: 5,
  });
  device.downlink(MULTICAST_SETUP_PORT, payload);
}
