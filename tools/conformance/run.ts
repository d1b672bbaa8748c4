import type { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import type { LiveFleet } from "#sim/fleet/live-fleet.ts";
import type { TapEntry } from "#sim/fleet/live-tap.ts";
import { deployerOf } from "#tools/fleet/deployer.ts";
import type { GatewayWay } from "#tools/fleet/gateway-options.ts";
import { runLive } from "#tools/fleet/live-run.ts";
import { removeFromChirpStack } from "#tools/provision/chirpstack.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { Evidence, type Recorded } from "./evidence.ts";
import { Copier, type Forgery, forgeFrames } from "./forgeries.ts";
import type { Situation } from "./requirement.ts";

export interface SituationInput {
  readonly situation: Situation;
  readonly api: ChirpStackConnection;
  readonly wayOf: (region: string, gateways: number) => GatewayWay;
  readonly interrupt: AbortSignal;
  readonly say: (text: string) => void;
}

/** Devices that hold an image and were never asked for their status wait much longer. */
const SETTLE_MAX_S = 60;
/** A storm is over when every device had ten intervals. */
const STORM_STAY_S = 1;
const STORM_SPREAD_S = 2;

/** Provokes one situation on a server in real time, and takes away what it made there. */
export async function provoke(input: SituationInput): Promise<Evidence> {
  const { situation, api, interrupt, say } = input;
  const isStorm = situation === "conformance-storm";
  const scenario = resolveScenario(loadScenario(situation).scenario);
  const gateways = scenario.air.gateways.length;
  const entries: TapEntry[] = [];
  const forgeries: Forgery[] = [];
  const copier = new Copier();
  let fleet: LiveFleet | undefined;
  const outcome = await runLive({
    scenario,
    seed: scenario.seed,
    firmware: undefined,
    server: { api, deployer: deployerOf({ fuotaMarshaler: "protobuf" }, api) },
    waitS: 0,
    way: input.wayOf(scenario.regional.region.name, gateways),
    gateways,
    joinSpreadS: isStorm ? STORM_SPREAD_S : scenario.devices.count,
    isLenient: false,
    deployments: deploymentsOf(situation),
    stayS: STORM_STAY_S,
    settleMaxS: SETTLE_MAX_S,
    interrupt,
    recorder: undefined,
    metrics: undefined,
    say,
    onProgress: undefined,
    onWorld: (made) => {
      fleet = made;
    },
    watching: {
      tap: (entry) => {
        entries.push(entry);
        if (fleet !== undefined) copier.see(entry, fleet, gateways);
      },
    },
    onJoined: async (joined, wait, sync) => {
      if (!situation.startsWith("conformance-answers")) return;
      forgeries.push(...(await forgeFrames(joined, sync, entries, wait)));
    },
  });
  await removeFromChirpStack(api, scenario.name);
  const recorded: Recorded = {
    scenario,
    gpsAtStart: outcome.gpsAtStart,
    entries,
    devices: outcome.results,
    records: outcome.records,
    forgeries: [...forgeries, ...copier.made],
    sent: outcome.sent,
  };
  return new Evidence(recorded);
}

function deploymentsOf(situation: Situation): number {
  if (situation === "conformance-storm") return 0;
  return situation === "conformance-again" ? 2 : 1;
}
