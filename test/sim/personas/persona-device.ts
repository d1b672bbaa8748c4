import { EU868_LIMITS } from "#agent/packages/region-limits.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { DeviceSpec } from "#scenarios/device-schema.ts";
import { deviceConfigOf } from "#sim/fleet/settings.ts";
import { PersonaBorder } from "#sim/personas/border.ts";
import type { Deviations } from "#sim/personas/deviations.ts";
import { rootSecret, signer, TestDevice, unicast } from "../../agent/test-device.ts";
import { hex } from "../../hex.ts";

/** A device of a persona, configured as a scenario does it; or one with these deviations alone. */
export function personaDevice(
  spec: DeviceSpec,
  does: Deviations,
  options: { readonly synced?: boolean; readonly rows?: number } = {},
): TestDevice {
  const { synced = true, rows: matrixRows = 16_383 } = options;
  const scenario = resolveScenario({
    name: "a",
    devices: { count: 1, defaults: { matrixRows, ...spec } },
    campaign: { redundancyPercent: 10 },
    expect: {},
  });
  const [kind] = scenario.devices.kinds;
  if (kind === undefined) throw new RangeError("no kind");
  const firmware = { keys: [signer.publicKey], defect: "none" } as const;
  const config = deviceConfigOf(kind.device, rootSecret, firmware, EU868_LIMITS, does);
  const version = spec.packages === "v2" ? 2 : 1;
  const device = new TestDevice({
    config: { ...config, heartbeatS: 60 },
    border: (ends) =>
      new PersonaBorder({ ...ends, does, version, matrixRows, region: EU868_LIMITS }),
  });
  device.rtcSynced = synced;
  device.powerOn();
  device.wait(1);
  return device;
}

/** Of a number, lowest first, in hex. */
export function leBytes(value: number, count: number): string {
  return textOf(Uint8Array.from({ length: count }, (_, at) => (value / 2 ** (8 * at)) & 0xff));
}

export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** What leaves on the port of a request within `waitS`, in hex. */
export function answersTo(
  device: TestDevice,
  fPort: number,
  request: string,
  waitS = 20,
): string[] {
  const before = device.sent(fPort).length;
  device.downlink(fPort, hex(request), unicast);
  device.wait(waitS);
  return device
    .sent(fPort)
    .slice(before)
    .map(({ payload }) => Buffer.from(payload).toString("hex"));
}
