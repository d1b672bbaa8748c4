import type { ServerDevice } from "#sim/server/server-device.ts";

/** Which gateways heard a device's newest uplink. */
export type Reach = ReadonlyMap<ServerDevice, ReadonlySet<number>>;

/**
 * Gateways that together reach all devices, few of them: again and again the one that reaches most
 * of those that are left, of equals the one with the lower number. The first, when nobody was heard.
 */
export function gatewaysFor(devices: readonly ServerDevice[], reach: Reach): readonly number[] {
  const chosen: number[] = [];
  let left = devices.filter((device) => (reach.get(device)?.size ?? 0) > 0);
  while (left.length > 0) {
    const counts = new Map<number, number>();
    for (const device of left) {
      for (const gateway of reach.get(device) ?? []) {
        counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
      }
    }
    const [best] = [...counts].toSorted(([a, inA], [b, inB]) => inB - inA || a - b);
    if (best === undefined) break;
    const [gateway] = best;
    chosen.push(gateway);
    left = left.filter((device) => reach.get(device)?.has(gateway) !== true);
  }
  return chosen.length === 0 ? [0] : chosen;
}
