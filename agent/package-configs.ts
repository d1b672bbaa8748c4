import type { DeviceConfig } from "./config.ts";
import type { ClockSyncConfig } from "./packages/clock-sync.ts";
import type { FirmwareManagementConfig } from "./packages/firmware-management.ts";
import type { FragmentationConfig } from "./packages/frag-config.ts";
import { MC_GROUPS_MAX, type MulticastSetupConfig } from "./packages/multicast-state.ts";
import { EU868_LIMITS } from "./packages/region-limits.ts";

/** What each package needs to know of the device's configuration. */
export interface PackageConfigs {
  readonly clockSync: ClockSyncConfig;
  readonly multicastSetup: MulticastSetupConfig;
  readonly fragmentation: FragmentationConfig;
  readonly firmwareManagement: FirmwareManagementConfig;
}

/** For clocks that are off by a little: class C windows open this much early. */
const OPEN_EARLY_S = 3;

/** One for each kind of device: fleets share them. */
const known = new WeakMap<DeviceConfig, { readonly fwVersion: number; configs: PackageConfigs }>();

export function packageConfigs(config: DeviceConfig, fwVersion: number): PackageConfigs {
  const found = known.get(config);
  if (found?.fwVersion === fwVersion) return found.configs;
  const configs = make(config, fwVersion);
  known.set(config, { fwVersion, configs });
  return configs;
}

function make(config: DeviceConfig, fwVersion: number): PackageConfigs {
  const { packages, quirks, lorawan, rootSecret } = config;
  const { chirpstackAnswers } = quirks;
  return {
    clockSync: { version: packages.clockSync, quirks: quirks.clockSync },
    multicastSetup: {
      version: packages.multicastSetup,
      groupCount: quirks.mcGroups ?? MC_GROUPS_MAX,
      region: config.region ?? EU868_LIMITS,
      openEarlyS: OPEN_EARLY_S,
      chirpstackAnswers,
      lorawan,
      rootSecret,
    },
    fragmentation: {
      version: packages.fragmentation,
      chirpstackAnswers,
      rootSecret,
      descriptors: config.descriptors,
      unicastStatusDelayMaxS: config.unicastStatusDelayMaxS,
    },
    firmwareManagement: { fwVersion, hwVersion: config.hardwareVersion },
  };
}
