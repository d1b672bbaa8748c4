import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import { bandSetting } from "./band.ts";
import { hexOf } from "./hex-text.ts";
import type { ModemGroup, RadioIdentity } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";

/** What a modem keeps over a reboot. Plain data. */
export interface ModemNvm {
  /** Of the hardware. */
  readonly uid: string;
  devEui: Uint8Array;
  joinEui: Uint8Array;
  appKey: Uint8Array;
  /** By the name of the command that sets it. */
  readonly settings: Record<string, string>;
  /** RUI3: four slots; the others have one group. */
  readonly groups: ModemGroup[];
}

/** Somebody's, of a session that nobody remembers. */
const LEFT_MC_ADDR = 0x0102_0300;

/** As it comes: set for its region, or with what troubles say. */
export function newModemNvm(
  identity: RadioIdentity,
  { family }: Pick<ModemProfile, "family"> = { family: "rui3" },
  region = "EU868",
  troubles: ModemTroubles = {},
): ModemNvm {
  const { sleeps, echo, groupsLeft = 0, band = region } = troubles;
  const settings: Record<string, string> = {};
  const setting = bandSetting(family, band);
  if (setting !== undefined) settings[setting.name] = setting.value;
  if (sleeps === true) settings["LPM"] = "1";
  if (echo === true) settings["ECHO"] = "1";
  if (groupsLeft > 0) settings["CLASS"] = "C";
  const groups = Array.from({ length: groupsLeft }, (_, index) => ({
    mcAddr: LEFT_MC_ADDR + index + 1,
    nwkSKey: new Uint8Array(16).fill(index + 1),
    appSKey: new Uint8Array(16).fill(index + 1),
    nextFCnt: 0,
    frequencyHz: 869_525_000,
    dr: 0,
  }));
  return { ...identity, uid: `${hexOf(identity.devEui)}4D4F444D`, settings, groups };
}
