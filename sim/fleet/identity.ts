import type { ResolvedDevice } from "#scenarios/defaults.ts";
import type { LorawanRevision } from "#scenarios/lorawan.ts";
import { draw32, drawKey } from "#sim/kernel/draws.ts";
import type { AbpSession } from "#sim/mac/session-keys.ts";

/** What is provisioned on both sides. 1.0.x devices have one join key: NwkKey equals AppKey. */
export interface DeviceKeys {
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly appKey: Uint8Array;
  readonly nwkKey: Uint8Array;
  /** Root of the multicast and data-block keys: GenAppKey on 1.0.x, AppKey on 1.1. */
  readonly rootSecret: Uint8Array;
}

type ActivationSpec = Pick<ResolvedDevice, "lorawan" | "activatedBy" | "firstDevAddr">;

/** A locally administered EUI-64 block: the devices of every run share it. */
const DEV_EUI_PREFIX = [0x02, 0xf0, 0x0a, 0x00];
const JOIN_EUI = Uint8Array.of(0x02, 0xf0, 0x0a, 0xff, 0, 0, 0, 1);

/** Keys depend on seed and device alone, so that every shard provisions the same fleet. */
export function deviceKeys(seed: number, id: number, lorawan: LorawanRevision): DeviceKeys {
  const appKey = keyBytes(seed, id, "appKey");
  const is11 = lorawan === "1.1";
  return {
    devEui: Uint8Array.of(...DEV_EUI_PREFIX, id >>> 24, id >>> 16, id >>> 8, id),
    joinEui: JOIN_EUI,
    appKey,
    nwkKey: is11 ? keyBytes(seed, id, "nwkKey") : appKey,
    rootSecret: is11 ? appKey : keyBytes(seed, id, "genAppKey"),
  };
}

/**
 * The session of a device that does not join. Addresses follow the ids, so that no two devices of a
 * fleet have the same.
 */
export function abpSession(
  seed: number,
  id: number,
  { lorawan, activatedBy, firstDevAddr }: ActivationSpec,
): AbpSession | undefined {
  if (activatedBy === "otaa") return undefined;
  const devAddr = (Number.parseInt(firstDevAddr, 16) + id) >>> 0;
  const appSKey = keyBytes(seed, id, "appSKey");
  const fNwkSIntKey = keyBytes(seed, id, "fNwkSIntKey");
  if (lorawan !== "1.1")
    return { devAddr, keys: { lorawan: "1.0", nwkSKey: fNwkSIntKey, appSKey } };
  const sNwkSIntKey = keyBytes(seed, id, "sNwkSIntKey");
  const nwkSEncKey = keyBytes(seed, id, "nwkSEncKey");
  return { devAddr, keys: { lorawan: "1.1", fNwkSIntKey, sNwkSIntKey, nwkSEncKey, appSKey } };
}

function keyBytes(seed: number, id: number, purpose: string): Uint8Array {
  const key = drawKey(seed, id, purpose);
  return Uint8Array.from({ length: 16 }, (_, index) => draw32(key, index) >>> 24);
}
