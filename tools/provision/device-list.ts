import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import { deviceKeys } from "#sim/fleet/identity.ts";
import { kindOf } from "#sim/fleet/roster.ts";

/** What any LoRaWAN server asks about a device. Keys and EUIs in lower-case hex. */
export interface ListedDevice {
  readonly devEui: string;
  readonly joinEui: string;
  readonly name: string;
  readonly kind: string;
  readonly lorawan: "1.0" | "1.1";
  /** Of TS003, TS004 and TS005. */
  readonly packages: 1 | 2;
  readonly appKey: string;
  /** On 1.0 it is the AppKey. */
  readonly nwkKey: string;
  /** Empty on 1.1, whose AppKey it is. */
  readonly genAppKey: string;
}

/** What the server is to know of a fleet. For devices with wrong keys that is a wrong GenAppKey. */
export function deviceListOf(
  { devices: { count, kinds } }: Pick<ResolvedScenario, "devices">,
  seed: number,
): readonly ListedDevice[] {
  return Array.from({ length: count }, (_, id) => {
    const { name: kind, device } = kindOf(kinds, seed, id);
    const { lorawan } = device;
    const keys = deviceKeys(seed, id, lorawan);
    const { rootSecret } = device.keys === "wrong" ? deviceKeys(seed + 1, id, "1.0") : keys;
    return {
      devEui: hexOf(keys.devEui),
      joinEui: hexOf(keys.joinEui),
      name: `${kind} ${id}`,
      kind,
      lorawan,
      packages: device.packages === "v1" ? 1 : 2,
      appKey: hexOf(keys.appKey),
      nwkKey: hexOf(keys.nwkKey),
      genAppKey: lorawan === "1.1" ? "" : hexOf(rootSecret),
    };
  });
}

/** In this order. */
export const COLUMNS = [
  "devEui",
  "joinEui",
  "name",
  "kind",
  "lorawan",
  "packages",
  "appKey",
  "nwkKey",
  "genAppKey",
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
