import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { type ResolvedPull, TELL_EVERY_MS } from "#scenarios/pull-defaults.ts";
import type { Problem } from "#tools/scenario/explain.ts";

const NO_FILES =
  "has no web server of ours behind it live: the package lies on ThingsBoard; leave it out";
const MAKES_ITSELF = "says what our own server does; a real one does what it does: leave it out";

/** Of the server of devices that pull. */
function onlyOfAStandIn({ server }: ResolvedPull): string | undefined {
  if (server.restarts.length > 0) return "restarts";
  if (server.rateLimit !== undefined) return "rateLimit";
  if (server.without.length > 0) return "without";
  if (server.calls) return "calls";
  return server.tellEveryMs === TELL_EVERY_MS ? undefined : "tellEveryMs";
}

/** What a scenario asks of the world that a run against a real server cannot give. */
export function checkLive(
  scenario: ResolvedScenario,
  hasFuotaServer: boolean,
): Problem | undefined {
  const { campaign, server, devices, pull } = scenario;
  for (const [index, group] of pull.entries()) {
    const at = ["pull", index];
    if (group.dialect === "documented") {
      const text =
        "is documented: no server that we know speaks it; live it is thingsboard or drogue";
      return { path: [...at, "dialect"], text };
    }
    if (group.package.atUrl !== undefined) {
      return { path: [...at, "package", "atUrl"], text: NO_FILES };
    }
    const key = onlyOfAStandIn(group);
    if (key !== undefined) return { path: [...at, "server", key], text: MAKES_ITSELF };
  }
  if (devices.count === 0) return undefined;
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
  return undefined;
}
