/** The MAC commands of the next uplink: in FOpts, or as the payload of port 0. */
import { FOPTS_MAX_BYTES } from "./frame.ts";
import { indications } from "./mac-commands.ts";
import type { MacParts } from "./mac-parts.ts";
import type { MacSession } from "./nvm.ts";
import { roomBytes } from "./revision.ts";

export function commandsInFOpts(parts: MacParts, session: MacSession): Uint8Array {
  return parts.answers.peek(fOptsMaxBytes(parts, session), own(parts, session));
}

export function commandsOnPort0(parts: MacParts, session: MacSession): Uint8Array {
  return parts.answers.peek(roomBytes(parts.config, session), own(parts, session));
}

/** FOpts cannot hold what is new. */
export function exceedFOpts(parts: MacParts, session: MacSession): boolean {
  return parts.answers.exceeds(fOptsMaxBytes(parts, session), own(parts, session));
}

function own({ config }: MacParts, session: MacSession): readonly Uint8Array[] {
  const { asksEvery, unicastClass, pingPeriodicity = 0 } = config;
  return indications(session, asksEvery, unicastClass === "B" ? pingPeriodicity : undefined);
}

function fOptsMaxBytes({ config }: MacParts, session: MacSession): number {
  return Math.min(FOPTS_MAX_BYTES, roomBytes(config, session));
}
