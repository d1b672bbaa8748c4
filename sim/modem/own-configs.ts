import type { FragmentationConfig } from "#agent/packages/frag-config.ts";
import { MC_GROUPS_MAX, type MulticastSetupConfig } from "#agent/packages/multicast-state.ts";
import type { RegionLimits } from "#agent/packages/region-limits.ts";
import { OWN_DEVIATIONS } from "./own-borders.ts";

/** LmhpRemoteMcastSetup.c: `(timeToSessionStart-1) * 1000`. */
const OPEN_EARLY_S = 1;

const { resyncSpacingS, resyncEnds, saturation } = OWN_DEVIATIONS;

export const OWN_CLOCK = {
  version: 1,
  quirks: { resyncSpacingS, resyncEnds, saturation },
} as const;

/** `appKey`: RUI has no setting for a GenAppKey. */
export function ownFragmentation(appKey: Uint8Array): FragmentationConfig {
  return { version: 1, chirpstackAnswers: false, rootSecret: appKey };
}

export function ownMulticastSetup(appKey: Uint8Array, region: RegionLimits): MulticastSetupConfig {
  return {
    version: 1,
    groupCount: MC_GROUPS_MAX,
    region,
    openEarlyS: OPEN_EARLY_S,
    chirpstackAnswers: false,
    lorawan: "1.0",
    rootSecret: appKey,
  };
}
