import type { DeviceEffect } from "#agent/events.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import type { ResolvedDevice } from "#scenarios/defaults.ts";

export type Answer = keyof ResolvedDevice["answerErrors"];

const CID = {
  mcGroupSetup: 0x02,
  mcClassCSession: 0x04,
  mcClassBSession: 0x05,
  fragSessionSetup: 0x02,
  fragStatus: 0x01,
};
const STATUS_AT = 1;
/** Behind the counts. */
const FRAG_STATUS_AT_V1 = 4;

/** Which answer a payload is, one command an uplink. */
export function answerIn(fPort: number, payload: Uint8Array): Answer | undefined {
  const [cid] = payload;
  if (fPort === MULTICAST_SETUP_PORT) {
    if (cid === CID.mcGroupSetup) return "mcGroupSetup";
    if (cid === CID.mcClassCSession || cid === CID.mcClassBSession) return "mcSession";
  }
  if (fPort !== FRAG_PORT) return undefined;
  if (cid === CID.fragSessionSetup) return "fragSessionSetup";
  return cid === CID.fragStatus ? "fragStatus" : undefined;
}

/** What a device says, with the bits set in the status of its answers that its scenario wants there. */
export function withAnswerErrors<E extends DeviceEffect>(
  effect: E,
  { answerErrors, packages }: Pick<ResolvedDevice, "answerErrors" | "packages">,
): E {
  if (effect.type !== "uplink") return effect;
  const answer = answerIn(effect.fPort, effect.payload);
  const bits = answer === undefined ? undefined : answerErrors[answer];
  if (bits === undefined) return effect;
  const at = answer === "fragStatus" && packages === "v1" ? FRAG_STATUS_AT_V1 : STATUS_AT;
  const payload = effect.payload.slice();
  payload[at] = (payload[at] ?? 0) | bits;
  return { ...effect, payload };
}
