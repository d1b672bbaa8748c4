import { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import type { RegionalSetting, RegionName } from "#scenarios/regions/region.ts";
import { regionOf } from "#scenarios/regions/regions.ts";
import { deviceKeys } from "#sim/fleet/identity.ts";
import type { RadioIdentity } from "#sim/modem/modem-radio.ts";
import { loadScenario, withSettings } from "#tools/scenario/load.ts";
import { parseSetting } from "#tools/scenario/settings.ts";
import { hexBytes } from "./hex-option.ts";

/** What is said of a modem and its network, on the command line or by a scenario. */
export interface ModemSettingOptions {
  readonly region?: RegionName;
  readonly devEui?: Uint8Array;
  readonly joinEui?: Uint8Array;
  readonly appKey?: Uint8Array;
  readonly seed?: number;
  readonly set?: readonly string[];
}

export interface ModemSetting {
  readonly regional: RegionalSetting;
  readonly identity: RadioIdentity;
  readonly seed: number;
  readonly troubles: ModemTroubles;
  /** Undefined: none was named. */
  readonly scenario: ResolvedScenario | undefined;
}

export const DEV_EUI = "02F00A0000000001";
export const JOIN_EUI = "02F00AFF00000001";
export const APP_KEY = "00112233445566778899AABBCCDDEEFF";
const USUAL: RadioIdentity = {
  devEui: hexBytes(8)(DEV_EUI),
  joinEui: hexBytes(8)(JOIN_EUI),
  appKey: hexBytes(16)(APP_KEY),
};

/** What `--set` changes when no scenario is named. */
const BASE = "first-contact";

/**
 * The command line before the scenario, and that before what is usual. Throws `InputError`.
 * `isProvisioned`: a server is told of the scenario's first device, so there has to be one.
 */
export function modemSettingOf(
  named: string | undefined,
  options: ModemSettingOptions,
  isProvisioned = false,
): ModemSetting {
  const source = named ?? (isProvisioned ? BASE : undefined);
  const settings = (options.set ?? []).map(parseSetting);
  const isAsked = source !== undefined || settings.length > 0;
  const base = isAsked ? resolved(source ?? BASE, settings) : undefined;
  const scenario = source === undefined ? undefined : base;
  const seed = options.seed ?? scenario?.seed ?? 1;
  const own = scenario === undefined ? USUAL : deviceKeys(seed, 0, "1.0");
  const { devEui = own.devEui, joinEui = own.joinEui, appKey = own.appKey } = options;
  return {
    regional: regionalOf(options.region, scenario),
    identity: { devEui, joinEui, appKey },
    seed,
    troubles: base?.modem ?? {},
    scenario,
  };
}

function resolved(source: string, settings: Parameters<typeof withSettings>[1]): ResolvedScenario {
  return resolveScenario(withSettings(loadScenario(source), settings).scenario);
}

function regionalOf(
  name: RegionName | undefined,
  scenario: ResolvedScenario | undefined,
): RegionalSetting {
  if (name === undefined && scenario !== undefined) return scenario.regional;
  const dwell = { uplink: false, downlink: false };
  return { region: regionOf(name ?? "EU868"), subBand: undefined, dwell };
}
