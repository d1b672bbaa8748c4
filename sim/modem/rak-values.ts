import { addressHex, hexOf } from "./hex-text.ts";
import type { FirmwareParts } from "./interpreter.ts";
import { groupList } from "./rak-groups.ts";
import { RAK_SETTINGS, rakSetting } from "./rak-settings.ts";
import { utcOf } from "./utc.ts";

/** GPS time of 1970: where an unset clock starts. */
const UNSET_CLOCK_GPS = -315_964_782;

/** What `AT+NAME=?` returns of what lasts; undefined: not a name of these. */
export function rakValue(
  name: string,
  { nvm, radio, profile }: FirmwareParts,
  digits: (upper: string) => string,
): string | undefined {
  if (RAK_SETTINGS[name] !== undefined) return rakSetting(nvm, name);
  switch (name) {
    case "VER":
      return profile.firmware;
    case "HWMODEL":
      return "rak3172";
    case "SN":
      return hexOf(nvm.devEui);
    case "UID":
      return nvm.uid;
    case "DEVEUI":
      return digits(hexOf(nvm.devEui));
    case "APPEUI":
      return digits(hexOf(nvm.joinEui));
    case "APPKEY":
      return digits(hexOf(nvm.appKey));
    case "DEVADDR":
      return digits(addressHex(radio.devAddr));
    case "NETID":
      return hexOf(Uint8Array.of(radio.netId >> 16, radio.netId >> 8, radio.netId));
    case "NWM":
      return "1";
    case "NJS":
      return radio.isJoined ? "1" : "0";
    case "BAND":
      return nvm.settings["BAND"] ?? "4";
    case "CLASS":
      return nvm.settings["CLASS"] ?? "A";
    case "LSTMULC":
      return groupList(nvm.groups);
    default:
      return undefined;
  }
}

/** Month first. The clock of a modem that was never told the time began with 1970 when it booted. */
export function rakLocalTime(clockOffsetS: number | undefined, uptimeS: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const time = utcOf((clockOffsetS ?? UNSET_CLOCK_GPS) + uptimeS);
  const { year, month, day, hour, minute, second } = time;
  return `${two(hour)}h${two(minute)}m${two(second)}s on ${two(month)}/${two(day)}/${year}`;
}
