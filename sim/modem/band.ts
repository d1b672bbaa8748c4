import type { ModemNvm } from "./modem-nvm.ts";
import type { ModemProfile } from "./profiles.ts";
import { RAK_BANDS } from "./rak-settings.ts";

type Family = ModemProfile["family"];

/** How a family keeps a band; undefined: it has not this one, and keeps what it had. */
export function bandSetting(
  family: Family,
  region: string,
): { readonly name: string; readonly value: string } | undefined {
  switch (family) {
    case "rui3":
    case "rak3172v1": {
      const bands: readonly string[] = RAK_BANDS;
      const number = bands.indexOf(region);
      return number < 0 ? undefined : { name: "BAND", value: String(number) };
    }
    case "e5":
      return { name: "REGION", value: withoutPart(region) };
    case "classic":
      return { name: "region", value: withoutPart(region) };
    default:
      return family satisfies never;
  }
}

/** Whether the modem is set for the region that its air is in. */
export function isInBand(family: Family, region: string, { settings }: ModemNvm): boolean {
  const right = bandSetting(family, region);
  const usual = bandSetting(family, "EU868");
  if (right === undefined || usual === undefined) return true;
  return (settings[right.name] ?? usual.value) === right.value;
}

/** These know one AS923. */
function withoutPart(region: string): string {
  return region.replace(/-\d$/, "");
}
