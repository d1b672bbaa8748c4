import { mcRootKey } from "#agent/keys/multicast.ts";
import type { Crypto } from "#hal/ports.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { type LorawanRevision, lorawanLineOf, type UnicastClass } from "#scenarios/lorawan.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import { abpSession, deviceKeys } from "#sim/fleet/identity.ts";
import { kindOf } from "#sim/fleet/roster.ts";
import type { AbpSession } from "#sim/mac/session-keys.ts";

/**
 * What any LoRaWAN server asks about a device. Keys, EUIs and addresses in lower-case hex. The session
 * is empty for a device that joins; on 1.0 its three network keys are one, the NwkSKey.
 */
export interface ListedDevice {
  readonly devEui: string;
  readonly joinEui: string;
  readonly name: string;
  readonly kind: string;
  readonly lorawan: LorawanRevision;
  readonly unicastClass: UnicastClass;
  /** Of TS003, TS004 and TS005. */
  readonly packages: 1 | 2;
  readonly appKey: string;
  /** On 1.0 it is the AppKey. */
  readonly nwkKey: string;
  /** Empty on 1.1, whose AppKey it is. */
  readonly genAppKey: string;
  readonly activatedBy: "otaa" | "abp";
  readonly devAddr: string;
  readonly appSKey: string;
  readonly fNwkSIntKey: string;
  readonly sNwkSIntKey: string;
  readonly nwkSEncKey: string;
}

/** What the server is to know of a fleet. For devices with wrong keys that is a wrong GenAppKey. */
export function deviceListOf(
  { devices }: Pick<ResolvedScenario, "devices">,
  seed: number,
): readonly ListedDevice[] {
  return Array.from({ length: devices.count }, (_, id) => {
    const { name: kind, device } = kindOf(devices, seed, id);
    const { lorawan } = device;
    const keys = deviceKeys(seed, id, lorawan);
    const { rootSecret } = device.keys === "wrong" ? deviceKeys(seed + 1, id, "1.0") : keys;
    return {
      devEui: hexOf(keys.devEui),
      joinEui: hexOf(keys.joinEui),
      name: `${kind} ${id}`,
      kind,
      lorawan,
      unicastClass: device.unicastClass,
      packages: device.packages === "v1" ? 1 : 2,
      appKey: hexOf(keys.appKey),
      nwkKey: hexOf(keys.nwkKey),
      genAppKey: lorawan === "1.1" ? "" : hexOf(rootSecret),
      activatedBy: device.activatedBy,
      ...listedSession(abpSession(seed, id, device)),
    };
  });
}

type ListedSession = Pick<
  ListedDevice,
  "devAddr" | "appSKey" | "fNwkSIntKey" | "sNwkSIntKey" | "nwkSEncKey"
>;

function listedSession(session: AbpSession | undefined): ListedSession {
  if (session === undefined) {
    return { devAddr: "", appSKey: "", fNwkSIntKey: "", sNwkSIntKey: "", nwkSEncKey: "" };
  }
  const { keys } = session;
  const network = keys.lorawan === "1.1" ? keys : sameKeys(keys.nwkSKey);
  return {
    devAddr: session.devAddr.toString(16).padStart(8, "0"),
    appSKey: hexOf(keys.appSKey),
    fNwkSIntKey: hexOf(network.fNwkSIntKey),
    sNwkSIntKey: hexOf(network.sNwkSIntKey),
    nwkSEncKey: hexOf(network.nwkSEncKey),
  };
}

function sameKeys(nwkSKey: Uint8Array) {
  return { fNwkSIntKey: nwkSKey, sNwkSIntKey: nwkSKey, nwkSEncKey: nwkSKey };
}

/** What the keys of a device's multicast groups come from, in hex (TS005-1.0.0). */
export function mcRootKeyOf(device: ListedDevice, crypto: Crypto): string {
  const { lorawan, appKey, genAppKey } = device;
  const rootSecret = Buffer.from(lorawan === "1.1" ? appKey : genAppKey, "hex");
  return hexOf(mcRootKey(lorawanLineOf(lorawan), rootSecret, crypto));
}

export const COLUMNS = [
  "devEui",
  "joinEui",
  "name",
  "kind",
  "lorawan",
  "unicastClass",
  "packages",
  "appKey",
  "nwkKey",
  "genAppKey",
  "activatedBy",
  "devAddr",
  "appSKey",
  "fNwkSIntKey",
  "sNwkSIntKey",
  "nwkSEncKey",
] as const satisfies readonly (keyof ListedDevice)[];

/** A line of names, then a line a device (RFC 4180). */
export function* csvOf(devices: readonly ListedDevice[]): Generator<string> {
  yield `${COLUMNS.join(",")}\r\n`;
  for (const device of devices) {
    yield `${COLUMNS.map((column) => quoted(String(device[column]))).join(",")}\r\n`;
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
