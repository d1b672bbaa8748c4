import {
  FRAG_PORT,
  fragUplinkV1,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT, mcUplinkChirpstack } from "#agent/packages/multicast-setup.wire.ts";
import type { Decoded } from "#agent/wire/commands.ts";

export type Stage = "mcGroupSetup" | "fragSessionSetup" | "mcSession" | "fragStatus";

/** What an uplink says about a deployment; `error` is empty when the stage is done. */
export interface StageAnswer {
  readonly stage: Stage;
  readonly error: string;
}

/**
 * Reads an answer the way ChirpStack v4 does: one command per uplink, of exactly its length, and
 * nothing of group, index or TimeToStart is compared. Undefined: not an answer, or not readable.
 */
export function readAnswer(
  fPort: number,
  payload: Uint8Array,
  packages: 1 | 2,
): StageAnswer | undefined {
  if (fPort === MULTICAST_SETUP_PORT) return readMulticastSetup(payload, packages);
  if (fPort !== FRAG_PORT) return undefined;
  return packages === 1 ? readFragmentationV1(payload) : readFragmentationV2(payload);
}

/** Behind error bits ChirpStack ignores what follows. */
const SESSION_ERRORS = 0b0001_1100;

/** In 1.0.0 the bit of StartMissed is reserved. */
const NO_SESSION_ERRORS: Readonly<Record<1 | 2, readonly string[]>> = {
  1: ["mcGroupId", "startMissed", "reservedErrors"],
  2: ["mcGroupId", "reservedErrors"],
};

function readMulticastSetup(payload: Uint8Array, packages: 1 | 2): StageAnswer | undefined {
  const decoded = mcUplinkChirpstack.decode(payload);
  const isSession = payload[0] === 0x04 || payload[0] === 0x05;
  const isRefusal = isSession && ((payload[1] ?? 0) & SESSION_ERRORS) !== 0;
  const command = isRefusal ? first(decoded) : only(decoded);
  switch (command?.name) {
    case "McGroupSetupAns":
      return answer("mcGroupSetup", command.name, command.status, ["mcGroupId"]);
    case "McClassBSessionAns":
    case "McClassCSessionAns":
      return answer("mcSession", command.name, command.status, NO_SESSION_ERRORS[packages]);
    default:
      return undefined;
  }
}

function readFragmentationV1(payload: Uint8Array): StageAnswer | undefined {
  const command = only(fragUplinkV1.decode(payload));
  switch (command?.name) {
    case "FragSessionSetupAns":
      return answer("fragSessionSetup", command.name, command.status, ["fragIndex"]);
    case "FragSessionStatusAns":
      return statusAnswer(command.missingFrag, command.status);
    default:
      return undefined;
  }
}

function readFragmentationV2(payload: Uint8Array): StageAnswer | undefined {
  const command = only(fragUplinkV2Chirpstack.decode(payload));
  switch (command?.name) {
    case "FragSessionSetupAns":
      return answer("fragSessionSetup", command.name, command.status, ["fragIndex"]);
    case "FragSessionStatusAns":
      return statusAnswer(command.missingFrag ?? 0, command.status);
    default:
      return undefined;
  }
}

function statusAnswer(missingFrag: number, status: Status): StageAnswer {
  const flagged = answer("fragStatus", "FragSessionStatusAns", status, []);
  if (missingFrag === 0) return flagged;
  return { stage: "fragStatus", error: `FragSessionStatusAns: ${missingFrag} fragments missing` };
}

type Status = Readonly<Record<string, boolean | number>>;

function answer(
  stage: Stage,
  name: string,
  status: Status,
  notErrors: readonly string[],
): StageAnswer {
  const errors = Object.entries(status)
    .filter(([key, value]) => !notErrors.includes(key) && value !== false && value !== 0)
    .map(([key]) => key);
  return { stage, error: errors.length === 0 ? "" : `${name}: ${errors.join(", ")}` };
}

function only<C>(decoded: readonly Decoded<C>[]): C | undefined {
  return decoded.length === 1 ? first(decoded) : undefined;
}

function first<C>([head]: readonly Decoded<C>[]): C | undefined {
  return head?.ok === true ? head.command : undefined;
}
