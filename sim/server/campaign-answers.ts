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
 * nothing of group, index or TimeToStart is compared. Errors are in its words. Undefined: not an
 * answer, or not readable.
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

/** Error flags of a status with ChirpStack's words for them, in its order. */
type Words = readonly (readonly [flag: string, word: string])[];
type WordsOfVersions = Readonly<Record<1 | 2, Words>>;

const GROUP_WORDS: Words = [["idError", "id_error"]];

const SESSION_WORDS_V1: Words = [
  ["drError", "dr_error"],
  ["freqError", "freq_error"],
  ["mcGroupUndefined", "mc_group_undefined"],
];
/** In 1.0.0 the bit of StartMissed is reserved. */
const SESSION_WORDS: WordsOfVersions = {
  1: SESSION_WORDS_V1,
  2: [...SESSION_WORDS_V1, ["startMissed", "start_missed"]],
};

const SETUP_WORDS: WordsOfVersions = {
  1: [
    ["encodingUnsupported", "encoding_unsupported"],
    ["notEnoughMemory", "not_enough_memory"],
    ["fragIndexUnsupported", "frag_session_index_not_supported"],
    ["wrongDescriptor", "wrong_descriptor"],
  ],
  2: [
    ["encodingUnsupported", "frag_algo_unsupported"],
    ["notEnoughMemory", "not_enough_memory"],
    ["fragIndexUnsupported", "frag_index_unsupported"],
    ["wrongDescriptor", "wrong_descriptor"],
    ["sessionCntReplay", "session_cnt_replay"],
  ],
};

const STATUS_WORDS: WordsOfVersions = {
  1: [["notEnoughMatrixMemory", "not_enough_matrix_memory"]],
  2: [
    ["memoryError", "memory_error"],
    ["micError", "mic_error"],
    ["sessionDoesNotExist", "session_does_not_exist"],
  ],
};

function readMulticastSetup(payload: Uint8Array, packages: 1 | 2): StageAnswer | undefined {
  const decoded = mcUplinkChirpstack.decode(payload);
  const isSession = payload[0] === 0x04 || payload[0] === 0x05;
  const isRefusal = isSession && ((payload[1] ?? 0) & SESSION_ERRORS) !== 0;
  const command = isRefusal ? first(decoded) : only(decoded);
  switch (command?.name) {
    case "McGroupSetupAns":
      return flagsAnswer("mcGroupSetup", command.name, command.status, GROUP_WORDS, "=");
    case "McClassBSessionAns":
    case "McClassCSessionAns":
      return flagsAnswer("mcSession", command.name, command.status, SESSION_WORDS[packages], ": ");
    default:
      return undefined;
  }
}

function readFragmentationV1(payload: Uint8Array): StageAnswer | undefined {
  const command = only(fragUplinkV1.decode(payload));
  switch (command?.name) {
    case "FragSessionSetupAns":
      return setupAnswer(command.status, SETUP_WORDS[1]);
    case "FragSessionStatusAns":
      return statusAnswer(command, STATUS_WORDS[1]);
    default:
      return undefined;
  }
}

function readFragmentationV2(payload: Uint8Array): StageAnswer | undefined {
  const command = only(fragUplinkV2Chirpstack.decode(payload));
  switch (command?.name) {
    case "FragSessionSetupAns":
      return setupAnswer(command.status, SETUP_WORDS[2]);
    case "FragSessionStatusAns":
      return statusAnswer(command, STATUS_WORDS[2]);
    default:
      return undefined;
  }
}

type Status = Readonly<Record<string, boolean | number>>;

function setupAnswer(status: Status, words: Words): StageAnswer {
  return flagsAnswer("fragSessionSetup", "FragSessionAns", status, words, "=");
}

interface StatusAns {
  readonly received?: { readonly nbFragReceived: number } | undefined;
  readonly missingFrag?: number | undefined;
  readonly status: Status;
}

function statusAnswer(command: StatusAns, words: Words): StageAnswer {
  const { received, missingFrag = 0, status } = command;
  const isError = missingFrag !== 0 || hasFlag(status, words);
  const counts = `nb_frag_received=${received?.nbFragReceived ?? 0}, missing_frag=${missingFrag}`;
  const text = `FragSessionStatusAns response ${counts}, ${wordsOf(status, words, "=")}`;
  return answer("fragStatus", isError, text);
}

function flagsAnswer(
  stage: Stage,
  name: string,
  status: Status,
  words: Words,
  joint: "=" | ": ",
): StageAnswer {
  const text = `${name} response ${wordsOf(status, words, joint)}`;
  return answer(stage, hasFlag(status, words), text);
}

function hasFlag(status: Status, words: Words): boolean {
  return words.some(([flag]) => status[flag] === true);
}

function wordsOf(status: Status, words: Words, joint: string): string {
  return words.map(([flag, word]) => `${word}${joint}${status[flag] === true}`).join(", ");
}

function answer(stage: Stage, isError: boolean, text: string): StageAnswer {
  return { stage, error: isError ? `Error: ${text}` : "" };
}

function only<C>(decoded: readonly Decoded<C>[]): C | undefined {
  return decoded.length === 1 ? first(decoded) : undefined;
}

function first<C>([head]: readonly Decoded<C>[]): C | undefined {
  return head?.ok === true ? head.command : undefined;
}
