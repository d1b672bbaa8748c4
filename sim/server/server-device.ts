import type { LorawanRevision, UnicastClass } from "#scenarios/lorawan.ts";
import type { AbpSession, SessionKeys } from "#sim/mac/session-keys.ts";

/** Devices are told this one in the join accept. */
export const RX1_DR_OFFSET = 0;

/** What an operator registers. EUIs are 8 bytes, most significant first; keys 16 bytes. */
export interface ProvisionedDevice {
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly lorawan: LorawanRevision;
  readonly appKey: Uint8Array;
  /** The same as `appKey` on 1.0. */
  readonly nwkKey: Uint8Array;
  /** B: whether its word for its ping slots is taken. C: it listens all the time. Default A. */
  readonly unicastClass?: UnicastClass;
  /** Its session from the start, if it does not join. */
  readonly abp?: AbpSession | undefined;
  /** GenAppKey on 1.0.x, AppKey on 1.1: the root of multicast and data-block keys. */
  readonly rootSecret: Uint8Array;
  /** Version of the application-layer packages. */
  readonly packages: 1 | 2;
}

export interface QueueItem {
  readonly fPort: number;
  readonly payload: Uint8Array;
}

export interface ServerSession {
  readonly devAddr: number;
  readonly keys: SessionKeys;
  /** Lowest uplink counter still acceptable. */
  nextFCntUp: number;
  nextNFCntDown: number;
  /** Application downlinks of 1.1; on 1.0 one counter serves both. */
  nextAFCntDown: number;
  /** A device of 1.1 says so itself. */
  isClassC: boolean;
  /** By the last uplink. */
  isClassB: boolean;
  /** By PingSlotInfoReq. */
  pingPeriodicity: number | undefined;
}

/** One device as the server knows it. */
export interface ServerDevice {
  readonly provisioned: ProvisionedDevice;
  /** Application downlinks in order; an item leaves when the gateway has sent it. */
  readonly queue: QueueItem[];
  readonly usedDevNonces: Set<number>;
  joinNonce: number;
  /** TS004 v2: counts every FragSessionSetupReq of every campaign; devices refuse what is not new. */
  sessionCnt: number;
  session: ServerSession | undefined;
  /** Whose answers to a deployment these are: the newest one's, running or not. */
  onAnswer: ((fPort: number, payload: Uint8Array) => void) | undefined;
}

/** As it is before its first join. */
export function newServerDevice(provisioned: ProvisionedDevice): ServerDevice {
  return {
    provisioned,
    queue: [],
    usedDevNonces: new Set(),
    joinNonce: 0,
    sessionCnt: 0,
    session: undefined,
    onAnswer: undefined,
  };
}

export function deviceKeyOf(devEui: Uint8Array): string {
  return devEui.join(".");
}

export function newSession(
  { devAddr, keys }: AbpSession,
  { unicastClass = "A" }: Pick<ProvisionedDevice, "unicastClass">,
): ServerSession {
  const isClassC = unicastClass === "C" && keys.lorawan === "1.0";
  return {
    devAddr,
    keys,
    nextFCntUp: 0,
    nextNFCntDown: 0,
    nextAFCntDown: 0,
    isClassC,
    isClassB: false,
    pingPeriodicity: undefined,
  };
}
