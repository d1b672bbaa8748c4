import { fleetSize, type ResolvedScenario } from "#scenarios/defaults.ts";
import { FRAGMENTS_MAX, planSession, TIMEOUT_EXPONENT_MAX } from "#scenarios/session.ts";
import { marginsOf } from "#sim/fleet/gateway-air.ts";
import { personaOf } from "#sim/personas/personas.ts";
import { type Count, leastOf } from "#tools/run/count.ts";
import { checkPull } from "./check-pull.ts";
import { checkRegion } from "./check-region.ts";
import type { Problem } from "./explain.ts";

const SECTOR_BYTES = 4096;

/**
 * What the schema cannot say: whether the parts of a scenario fit each other and the image, of which
 * `sentBytes` go over the air.
 */
export function checkScenario(
  scenario: ResolvedScenario,
  imageBytes: number,
  sentBytes = imageBytes,
): Problem | undefined {
  const { devices, pull } = scenario;
  return (
    (devices.count === 0 && pull.length > 0
      ? undefined
      : checkLorawan(scenario, imageBytes, sentBytes)) ??
    checkDefect(scenario) ??
    checkPull(scenario, sentBytes) ??
    checkExpectations(scenario)
  );
}

function checkLorawan(scenario: ResolvedScenario, imageBytes: number, sentBytes: number) {
  return (
    checkRegion(scenario) ??
    checkKinds(scenario) ??
    checkPersonas(scenario) ??
    checkBanks(scenario, imageBytes, sentBytes) ??
    checkSession(scenario, sentBytes) ??
    checkFragmentTimes(scenario, sentBytes) ??
    checkReach(scenario) ??
    checkOutages(scenario)
  );
}

/** Reports tell kinds apart by their names, and so does a campaign for each. */
function checkKinds({ devices: { kinds } }: ResolvedScenario): Problem | undefined {
  const names = kinds.map(({ name }) => name);
  const index = names.findIndex((name, at) => names.indexOf(name) < at);
  if (index < 0) return undefined;
  const path = ["devices", "mix", index, "name"];
  return { path, text: `is ${names[index]}, like another kind` };
}

function checkPersonas({ devices }: ResolvedScenario): Problem | undefined {
  for (const [index, { name, device }] of devices.kinds.entries()) {
    const persona = personaOf(device.persona);
    const version = device.packages === "v1" ? 1 : 2;
    if (persona === undefined || persona.versions.includes(version)) continue;
    const spoken = persona.versions.map((one) => `v${one}`).join(" or ");
    const text = `is ${persona.name}, which speaks ${spoken} of the packages only, but packages is ${device.packages}`;
    const isMix = devices.kinds.length > 1 || name !== "device";
    const path = ["devices", ...(isMix ? ["mix", index, "device"] : ["defaults"]), "persona"];
    return { path, text };
  }
  return undefined;
}

function checkDefect({ firmware }: ResolvedScenario): Problem | undefined {
  if (firmware.defect !== "wrongBase" || firmware.deltaPercent !== undefined) return undefined;
  const text = "is wrongBase, but only a patch has a base; set firmware.deltaPercent";
  return { path: ["firmware", "defect"], text };
}

function inSectors(sizeBytes: number): number {
  return Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES;
}

function checkBanks(
  { devices, campaign, firmware }: ResolvedScenario,
  imageBytes: number,
  sentBytes: number,
): Problem | undefined {
  const { nbFrag } = planSession(campaign, sentBytes);
  const blockBytes = nbFrag * campaign.fragSize;
  const isPatch = firmware.deltaPercent !== undefined;
  for (const { name, device } of devices.kinds) {
    const bankBytes = inSectors(device.bankBytes);
    if (isPatch && inSectors(imageBytes) + inSectors(sentBytes) > bankBytes) {
      const text = `is ${imageBytes}, and a patch of ${sentBytes} is kept beside the image while it is made, but a bank of "${name}" holds ${bankBytes} bytes; raise bankBytes`;
      return { path: ["firmware", "sizeBytes"], text };
    }
    if (blockBytes <= bankBytes) continue;
    const text = `is ${imageBytes}, ${blockBytes} in whole fragments, but a bank of "${name}" holds ${bankBytes} bytes; raise bankBytes`;
    return { path: ["firmware", "sizeBytes"], text };
  }
  return undefined;
}

function checkSession({ campaign }: ResolvedScenario, sentBytes: number): Problem | undefined {
  const { fragSize, marginS } = campaign;
  const betweenS = marginS * marginsOf(campaign);
  const plan = planSession({ ...campaign, marginS: betweenS }, sentBytes);
  const { nbFrag, totalFragments, timeoutExponentMin } = plan;
  if (totalFragments > FRAGMENTS_MAX) {
    return {
      path: ["campaign", nbFrag > FRAGMENTS_MAX ? "fragSize" : "redundancyPercent"],
      text: `makes ${totalFragments} fragments of ${fragSize} bytes, but N has 14 bits: at most ${FRAGMENTS_MAX}`,
    };
  }
  if (timeoutExponentMin <= TIMEOUT_EXPONENT_MAX) return undefined;
  return {
    path: ["campaign", "marginS"],
    text: `is ${marginS}: ${totalFragments} fragments take ${betweenS * (totalFragments + 1)} s, but a class C session lasts at most 2^${TIMEOUT_EXPONENT_MAX} = ${2 ** TIMEOUT_EXPONENT_MAX} s`,
  };
}

function checkReach({ air: { radio }, campaign: { gateways } }: ResolvedScenario) {
  if (radio === undefined || radio.gateways.length === gateways) return undefined;
  const text = `is ${gateways}, but air.radio.gateways says how many there are: ${radio.gateways.length}; leave it out`;
  return { path: ["air", "reach"], text };
}

function checkOutages({ air, campaign: { gateways } }: ResolvedScenario): Problem | undefined {
  for (const [index, { gateway = 0 }] of air.outages.entries()) {
    if (gateway < gateways) continue;
    const text = `is ${gateway}, but a cell has ${gateways === 1 ? "gateway 0 alone" : `gateways 0 to ${gateways - 1}`}; air.reach or air.radio.gateways makes more`;
    return { path: ["air", "outages", index, "gateway"], text };
  }
  return undefined;
}

/** What waits for a fragment that is never sent would be a trouble that never comes. */
function checkFragmentTimes(
  { campaign, faults, air, server }: ResolvedScenario,
  sentBytes: number,
): Problem | undefined {
  const { totalFragments } = planSession(campaign, sentBytes);
  const lists = { faults, "air.outages": air.outages, "air.beaconOutages": air.beaconOutages };
  const times = Object.entries(lists).flatMap(([list, items]) =>
    items.map(({ when }, index) => ({ path: [...list.split("."), index, "when"], when })),
  );
  if (server.restart !== undefined) {
    times.push({ path: ["server", "restart"], when: server.restart });
  }
  for (const { path, when } of times) {
    if (!("atFragment" in when) || when.atFragment <= totalFragments) continue;
    const text = `is ${when.atFragment}, but the session has ${totalFragments} fragments`;
    return { path: [...path, "atFragment"], text };
  }
  return undefined;
}

/** A device ends in exactly one of these states. */
const STATES = ["updated", "failed", "rolledBack", "bricked", "neverReached"] as const;

function checkExpectations(scenario: ResolvedScenario): Problem | undefined {
  const { expect } = scenario;
  const count = fleetSize(scenario);
  let least = 0;
  for (const state of [...STATES, "serverComplete"] as const) {
    const wanted: Count | undefined = expect[state];
    if (wanted === undefined) continue;
    const smallest = leastOf(wanted, count);
    if (smallest === undefined) {
      const text = `is ${JSON.stringify(wanted)}, but the fleet has ${count} devices: it can never be met`;
      return { path: ["expect", state], text };
    }
    if (state !== "serverComplete") least += smallest;
  }
  if (least <= count) return undefined;
  return {
    path: ["expect"],
    text: `wants at least ${least} devices in disjoint states, but the fleet has ${count}`,
  };
}
