import { hasLorawan, type LorawanScenario } from "#scenarios/schema.ts";
import { InputError } from "#tools/errors.ts";
import type { LoadedScenario } from "./load.ts";

/** For what has no use for pulling devices. Throws `InputError` when there are no others. */
export function lorawanOf({ scenario, locate }: LoadedScenario): LorawanScenario {
  if (hasLorawan(scenario)) return scenario;
  const text = "is all of the fleet, but this is for LoRaWAN devices; add devices and campaign";
  throw new InputError(locate({ path: ["pull"], text }));
}
