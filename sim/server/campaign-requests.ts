import type { ParityVariant } from "#agent/fec/rows.ts";
import { DATA_BLOCK_MIC_BYTES, dataBlockIntKey, dataBlockMic } from "#agent/keys/data-block.ts";
import { mcKEKey, mcRootKey, wrapMcKey } from "#agent/keys/multicast.ts";
import { fragDownlinkV1, fragDownlinkV2 } from "#agent/packages/fragmentation.wire.ts";
import { mcDownlink } from "#agent/packages/multicast-setup.wire.ts";
import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import { lorawanLineOf } from "#scenarios/lorawan.ts";
import { BEACON_PERIOD_S } from "#scenarios/session.ts";
import type { ProvisionedDevice } from "./server-device.ts";

export interface CampaignConfig {
  readonly packages: 1 | 2;
  readonly parityVariant: ParityVariant;
  readonly image: Uint8Array;
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly dr: number;
  readonly frequencyHz: number;
  /** Between two multicast frames: ChirpStack's multicast_class_c_margin. */
  readonly spacingUs: number;
  /** How many send each fragment. One after the other, or at the same time. */
  readonly gateways?: number;
  readonly isSimultaneous?: boolean;
  /** Class B: `spacingUs` is the least, and each frame waits for a ping slot. Undefined: class C. */
  readonly pingPeriodicity?: number | undefined;
  /** One after the other and over again, instead of `spacingUs`. */
  readonly gapsUs?: readonly number[] | undefined;
  readonly maxRetries: number;
  readonly timeoutExponent: number;
  readonly blockAckDelay: number;
  readonly requestStatus: "afterSessionTimeout" | "afterFragmentEnqueue" | "never";
  /** 4 bytes. */
  readonly descriptor: Uint8Array;
  readonly uplinkIntervalS: number;
  readonly misbehaviour: Misbehaviour;
}

/** What the server does otherwise than it should. */
export interface Misbehaviour {
  /** From the enqueue on; undefined: when the campaign is over. */
  readonly deleteGroupAfterS?: number;
  /** Every n-th fragment changes places with the next. */
  readonly reorderEvery?: number;
  /** How often a request is sent at once. */
  readonly requestCopies?: number;
  /** A multicast request for the status after every n-th fragment. */
  readonly statusEvery?: number;
  readonly restart?: { readonly atFragment: number; readonly forS: number };
}

/** ChirpStack v4 knows one group and one session per device. */
const MC_GROUP_ID = 0;
const FRAG_INDEX = 0;

export interface McGroup {
  readonly mcAddr: number;
  readonly mcKey: Uint8Array;
}

/** The unicast commands of a deployment, as bytes. */
export class CampaignRequests {
  readonly nbFrag: number;
  readonly paddingBytes: number;
  readonly #config: CampaignConfig;
  readonly #group: McGroup;
  readonly #crypto: Crypto;

  constructor(config: CampaignConfig, group: McGroup, crypto: Crypto) {
    this.#config = config;
    this.#group = group;
    this.#crypto = crypto;
    this.nbFrag = Math.ceil(config.image.length / config.fragSize);
    this.paddingBytes = this.nbFrag * config.fragSize - config.image.length;
  }

  mcGroupSetup(device: ProvisionedDevice): Uint8Array {
    const root = mcRootKey(lorawanLineOf(device.lorawan), device.rootSecret, this.#crypto);
    const kek = mcKEKey(root, this.#crypto);
    return mcDownlink.encode({
      name: "McGroupSetupReq",
      header: { mcGroupId: MC_GROUP_ID },
      mcAddr: this.#group.mcAddr,
      mcKeyEncrypted: wrapMcKey(kek, this.#group.mcKey, this.#crypto),
      minMcFCnt: 0,
      maxMcFCnt: 0xffff_ffff,
    });
  }

  fragSessionSetup(device: ProvisionedDevice, sessionCnt: number): Uint8Array {
    const { packages, fragSize, blockAckDelay, descriptor } = this.#config;
    const session = { mcGroupBitMask: 1 << MC_GROUP_ID, fragIndex: FRAG_INDEX };
    const padding = this.paddingBytes;
    const { nbFrag } = this;
    const name = "FragSessionSetupReq";
    if (packages === 1) {
      const control = { blockAckDelay, fragAlgo: 0 };
      return fragDownlinkV1.encode({
        name,
        session,
        nbFrag,
        fragSize,
        control,
        padding,
        descriptor,
      });
    }
    return fragDownlinkV2.encode({
      name,
      session,
      nbFrag,
      fragSize,
      control: { blockAckDelay, fragAlgo: 0, ackReception: false },
      padding,
      descriptor,
      sessionCnt,
      mic: this.#mic(device, sessionCnt),
    });
  }

  mcClassCSession(sessionTime: GpsSeconds): Uint8Array {
    const { timeoutExponent, frequencyHz, dr } = this.#config;
    return mcDownlink.encode({
      name: "McClassCSessionReq",
      header: { mcGroupId: MC_GROUP_ID },
      sessionTime,
      param: { timeOut: timeoutExponent },
      dlFrequencyHz: frequencyHz,
      dr,
    });
  }

  /** The start of a session is a beacon: ChirpStack rounds it down, and nothing else. */
  mcClassBSession(sessionTime: GpsSeconds, periodicity: number): Uint8Array {
    const { timeoutExponent, frequencyHz, dr } = this.#config;
    return mcDownlink.encode({
      name: "McClassBSessionReq",
      header: { mcGroupId: MC_GROUP_ID },
      sessionTime: sessionTime - (sessionTime % BEACON_PERIOD_S),
      param: { timeOut: timeoutExponent, periodicity },
      dlFrequencyHz: frequencyHz,
      dr,
    });
  }

  fragSessionStatus(): Uint8Array {
    return fragDownlinkV1.encode({
      name: "FragSessionStatusReq",
      param: { participants: true, fragIndex: FRAG_INDEX },
    });
  }

  dataFragment(n: number, data: Uint8Array): Uint8Array {
    return fragDownlinkV1.encode({
      name: "DataFragment",
      indexAndN: { n, fragIndex: FRAG_INDEX },
      data,
    });
  }

  #mic(device: ProvisionedDevice, sessionCnt: number): Uint8Array {
    const { image, descriptor } = this.#config;
    const block = { sessionCnt, fragIndex: FRAG_INDEX, descriptor, sizeBytes: image.length };
    const key = dataBlockIntKey(device.rootSecret, this.#crypto);
    const mac = dataBlockMic(key, block, this.#crypto);
    mac.update(image);
    return mac.digest().subarray(0, DATA_BLOCK_MIC_BYTES);
  }
}
