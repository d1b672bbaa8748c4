import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { type EventsFacts, setEvents } from "#hal/net/chirpstack-events.ts";
import { ChirpStackRegistry } from "#hal/net/chirpstack-registry.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { campaignGroups } from "#sim/fleet/roster.ts";
import { orRefused } from "./api-refusal.ts";
import { deviceListOf } from "./device-list.ts";
import { gatewayIdOf, tenantNameOf } from "./names.ts";

export interface ProvisionInput {
  readonly scenario: ResolvedScenario;
  readonly seed: number;
  readonly gateways: number;
  /** A FUOTA Server that hears the uplinks, and answers in the server's place. */
  readonly fuotaServer?: EventsFacts | undefined;
  readonly onProgress: (done: number, all: number) => void;
}

/** Where a scenario is on a server. */
export interface Provisioned {
  readonly tenantId: string;
  readonly applicationId: string;
  /** By name of the kind. */
  readonly profileIds: ReadonlyMap<string, string>;
  readonly gatewayIds: readonly string[];
}

/** How often simulated gateways send statistics. */
export const STATS_INTERVAL_S = 30;
/** Device calls under way at once: more only queue in the server. */
const AT_ONCE = 10;

/** Brings a ChirpStack to what a scenario needs, whatever is there already. */
export async function provisionChirpStack(
  api: ChirpStackConnection,
  input: ProvisionInput,
): Promise<Provisioned> {
  const { scenario, seed, gateways, fuotaServer } = input;
  const registry = new ChirpStackRegistry(api);
  return await orRefused(async () => {
    const name = tenantNameOf(scenario.name);
    const tenantId = (await registry.findTenant(name)) ?? (await registry.makeTenant(name));
    const applicationId = await registry.application(tenantId, scenario.name);
    await setEvents(api, applicationId, fuotaServer);
    const profileIds = new Map<string, string>();
    for (const { name: group, kinds, device } of campaignGroups(scenario)) {
      const packages = device.packages === "v1" ? 1 : 2;
      const id = await registry.profile({
        tenantId,
        name: group,
        region: scenario.regional.region.name,
        lorawan: device.lorawan,
        activatedBy: device.activatedBy,
        unicastClass: device.unicastClass,
        pingSlots: {
          periodicity: device.pingPeriodicity,
          dr: scenario.regional.region.classB.pingSlot.dr,
          frequencyHz: 0,
        },
        rx2: scenario.regional.region.rx2,
        packages: fuotaServer === undefined ? packages : 0,
        uplinkIntervalS: device.uplinkIntervalS,
      });
      for (const kind of kinds) profileIds.set(kind.name, id);
    }
    const gatewayIds = Array.from({ length: gateways }, (_, index) => gatewayIdOf(index));
    for (const id of gatewayIds) await registry.gateway(tenantId, id, STATS_INTERVAL_S);
    await forEach(deviceListOf(scenario, seed), input.onProgress, async (device) => {
      const { kind, lorawan, appKey, ...facts } = device;
      const deviceProfileId = profileIds.get(kind) ?? "";
      // ChirpStack keeps the one key of a 1.0 device in its field for the NwkKey.
      const own = lorawan === "1.1" ? appKey : "";
      await registry.device({ ...facts, appKey: own, applicationId, deviceProfileId });
      if (facts.activatedBy === "abp") await registry.activate(facts);
    });
    return { tenantId, applicationId, profileIds, gatewayIds };
  });
}

/** Takes away all that {@link provisionChirpStack} made. Returns whether there was anything. */
export async function removeFromChirpStack(
  api: ChirpStackConnection,
  scenarioName: string,
): Promise<boolean> {
  const registry = new ChirpStackRegistry(api);
  return await orRefused(async () => {
    const tenantId = await registry.findTenant(tenantNameOf(scenarioName));
    if (tenantId === undefined) return false;
    await registry.removeTenant(tenantId);
    return true;
  });
}

async function forEach<T>(
  all: readonly T[],
  onProgress: (done: number, all: number) => void,
  visit: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = all.values();
  let done = 0;
  const worker = async () => {
    for (const one of waiting) {
      await visit(one);
      done += 1;
      onProgress(done, all.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
