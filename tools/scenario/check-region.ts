import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { fragSizeMaxBytes, maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { DataRates, Region } from "#scenarios/regions/region.ts";
import { REGIONS } from "#scenarios/regions/regions.ts";
import { isDownlinkFrequency } from "#sim/air/regional.ts";
import { defaultChannels } from "#sim/mac/nvm.ts";
import type { Problem } from "./explain.ts";

/** Whether the region has what a scenario wants of it; a problem says what the region allows. */
export function checkRegion(scenario: ResolvedScenario): Problem | undefined {
  return (
    checkSubBand(scenario) ??
    checkDwellTime(scenario) ??
    checkUplinkDr(scenario) ??
    checkMulticastDr(scenario) ??
    checkFrequency(scenario) ??
    checkFragSize(scenario)
  );
}

function checkSubBand({ regional: { region, subBand } }: ResolvedScenario): Problem | undefined {
  if (subBand === undefined) return undefined;
  const path = ["subBand"];
  const { plan } = region;
  if (plan.type === "dynamic") {
    const others = namesOf((one) => one.plan.type === "fixed");
    return { path, text: `is ${subBand}, but ${region.name} has none; ${others} have` };
  }
  if (subBand <= plan.subBands) return undefined;
  return { path, text: `is ${subBand}, but ${region.name} has sub-bands 1 to ${plan.subBands}` };
}

function checkDwellTime({ regional: { region, dwell } }: ResolvedScenario): Problem | undefined {
  for (const direction of ["uplink", "downlink"] as const) {
    if (!dwell[direction] || region.dwell?.[direction] === true) continue;
    const others = namesOf((one) => one.dwell?.[direction] === true);
    const text = `is true, but ${region.name} has no dwell time for ${direction}s; ${others} have`;
    return { path: ["dwellTime", direction], text };
  }
  return undefined;
}

function namesOf(has: (region: Region) => boolean): string {
  const names = REGIONS.filter(has).map(({ name }) => name);
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function checkUplinkDr({ regional, devices }: ResolvedScenario): Problem | undefined {
  const { region, dwell } = regional;
  const isCarried = (dr: number) =>
    defaultChannels(regional).some(({ drMin, drMax }) => drMin <= dr && dr <= drMax);
  const allowed = numbersOf(region.uplinkRates)
    .filter(isCarried)
    .filter((dr) => maxPayloadBytes(region, dr, { dwell: dwell.uplink }) > 0);
  for (const [index, { name, device }] of devices.kinds.entries()) {
    if (allowed.includes(device.uplinkDr)) continue;
    const isMix = devices.kinds.length > 1 || name !== "device";
    const path = ["devices", ...(isMix ? ["mix", index, "device"] : ["defaults"]), "uplinkDr"];
    const under = dwell.uplink ? " under its dwell time" : "";
    const text = `is ${device.uplinkDr}, but ${region.name}${under} sends uplinks at ${listed(allowed)}`;
    return { path, text };
  }
  return undefined;
}

function checkMulticastDr({ regional, campaign }: ResolvedScenario): Problem | undefined {
  const { region, dwell } = regional;
  const allowed = numbersOf(region.downlinkRates).filter(
    (dr) => fragSizeMaxBytes(region, dr, dwell.downlink) > 0,
  );
  if (allowed.includes(campaign.dr)) return undefined;
  const under = dwell.downlink ? " under its dwell time" : "";
  const text = `is ${campaign.dr}, but ${region.name}${under} sends downlinks at ${listed(allowed)}`;
  return { path: ["campaign", "dr"], text };
}

function checkFrequency({ regional: { region }, campaign }: ResolvedScenario): Problem | undefined {
  const { frequencyHz } = campaign;
  if (isDownlinkFrequency(region, frequencyHz)) return undefined;
  const { fromHz, toHz, stepHz } = region.downlinkHz;
  const steps = stepHz === undefined ? "" : ` in steps of ${stepHz}`;
  return {
    path: ["campaign", "frequencyHz"],
    text: `is ${frequencyHz}, but ${region.name} sends downlinks from ${fromHz} to ${toHz} Hz${steps}`,
  };
}

function checkFragSize({ regional, campaign }: ResolvedScenario): Problem | undefined {
  const { region, dwell } = regional;
  const max = fragSizeMaxBytes(region, campaign.dr, dwell.downlink);
  if (campaign.fragSize <= max) return undefined;
  const under = dwell.downlink ? " under the dwell time" : "";
  return {
    path: ["campaign", "fragSize"],
    text: `is ${campaign.fragSize}, but DR${campaign.dr} carries at most ${max} bytes per fragment${under}`,
  };
}

function numbersOf(rates: DataRates): readonly number[] {
  return rates.flatMap((rate, dr) => (rate === undefined ? [] : [dr]));
}

/** "DR0 to DR5, DR7" */
function listed(drs: readonly number[]): string {
  const runs: { readonly from: number; to: number }[] = [];
  for (const dr of drs) {
    const last = runs.at(-1);
    if (last !== undefined && last.to === dr - 1) last.to = dr;
    else runs.push({ from: dr, to: dr });
  }
  return runs
    .map(({ from, to }) => (from === to ? `DR${from}` : `DR${from} to DR${to}`))
    .join(", ");
}
