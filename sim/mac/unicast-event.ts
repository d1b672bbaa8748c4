import type { DownlinkSource } from "#agent/events.ts";
import type { DataFrame } from "./frame.ts";
import type { ModemEvent } from "./mac-parts.ts";

const UNICAST: DownlinkSource = { type: "unicast" };

/** What a device's own downlink is to its agent: something for it, or a sign of life. */
export function unicastEvent({ fPort, fPending }: DataFrame, payload: Uint8Array): ModemEvent {
  if (fPort === undefined || fPort === 0) return { type: "contact", morePending: fPending };
  return { type: "downlink", fPort, payload, source: UNICAST, morePending: fPending };
}
