import type { ModemGroup } from "./modem-radio.ts";

/** What a modem keeps over a reboot. Plain data. */
export interface ModemNvm {
  devEui: Uint8Array;
  joinEui: Uint8Array;
  appKey: Uint8Array;
  /** By the name of the command that sets it. */
  readonly settings: Record<string, string>;
  /** RUI3: four slots; the others have one group. */
  readonly groups: ModemGroup[];
}

export function newModemNvm(identity: Pick<ModemNvm, "devEui" | "joinEui" | "appKey">): ModemNvm {
  return { ...identity, settings: {}, groups: [] };
}
