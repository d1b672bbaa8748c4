/** The application uplink of the device: our own, small enough for every data rate. */
import { CommandSet } from "./wire/commands.ts";
import { bits, flag, u8, u16, uint } from "./wire/fields.ts";

export const HEARTBEAT_PORT = 1;

/** Position is the code on the wire. */
export const HEARTBEAT_STATES = ["idle", "receiving", "complete", "failed"] as const;

/** Device to server. */
export const heartbeatUplink = new CommandSet({
  Heartbeat: {
    cid: 0x01,
    fields: {
      state: bits(u8, { session: uint(0, 2), clockSynced: flag(2), trial: flag(3) }),
      /** Fragments that the newest session still needs. */
      missing: u16,
    },
  },
});
