import type { ResolvedScenario } from "#scenarios/defaults.ts";
import type { Problem } from "#tools/scenario/explain.ts";

const MAKES_ITSELF = "says what our own server does; a real one does what it does: leave it out";

/** What a scenario asks of the world that a run against a real server cannot give. */
export function checkLive(
  scenario: ResolvedScenario,
  hasFuotaServer: boolean,
): Problem | undefined {
  const { campaign, air, server, devices } = scenario;
  const newer = devices.kinds.find(({ device }) => device.packages !== "v1");
  if (hasFuotaServer && newer !== undefined) {
    const { name, device } = newer;
    const text = `has ${device.packages} for ${name}: a FUOTA Server speaks version 1 alone; use packages: v1`;
    return { path: ["devices"], text };
  }
  if (hasFuotaServer && campaign.sessionClass === "B") {
    const text = "is B: a FUOTA Server says the ping-slot period of a session to nobody; use C";
    return { path: ["campaign", "sessionClass"], text };
  }
  if (campaign.gapsS !== undefined) return { path: ["campaign", "gapsS"], text: MAKES_ITSELF };
  if (campaign.rounds > 1) return { path: ["campaign", "rounds"], text: MAKES_ITSELF };
  if (Object.keys(server).length > 0) return { path: ["server"], text: MAKES_ITSELF };
  if (air.radio !== undefined) {
    const text =
      "places devices around gateways, which a live fleet does not yet; use multicastLoss";
    return { path: ["air", "radio"], text };
  }
  return undefined;
}
