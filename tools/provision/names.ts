import { TENANT_PREFIX } from "#hal/net/chirpstack-registry.ts";
import { hexOf } from "#sim/fleet/firmware.ts";

/** Of gateway `index` of a fleet: locally administered, like the devices. */
export function gatewayIdOf(index: number): string {
  return hexOf(
    Uint8Array.of(0x02, 0xf0, 0x0a, 0xfe, index >>> 24, index >>> 16, index >>> 8, index),
  );
}

/** The tenant that holds all that belongs to a scenario. */
export function tenantNameOf(scenarioName: string): string {
  return `${TENANT_PREFIX}${scenarioName}`;
}
