import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { Problem } from "#tools/scenario/explain.ts";

/** What a scenario asks for and our server on real sockets does not do. */
export function checkServed({ campaign }: ResolvedScenario): Problem | undefined {
  if (campaign.rounds === 1) return undefined;
  return { path: ["campaign", "rounds"], text: "is of simulated fleets; start the server again" };
}
