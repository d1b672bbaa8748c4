import type { FragmentationConfig } from "./frag-config.ts";
import { type FragmentationState, type FragSession, missingOf } from "./frag-session.ts";
import {
  FRAG_IDENTIFIER,
  FRAG_PORT,
  type FragUplinkV1,
  type FragUplinkV2,
  fragUplinkV1,
  fragUplinkV2,
  fragUplinkV2Chirpstack,
} from "./fragmentation.wire.ts";
import type { PackageIo } from "./package-io.ts";

const MISSING_MAX = 255;
const RECEIVED_MAX = 2 ** 14 - 1;

/** Queues a command that is alike in both versions. */
export function say(command: FragUplinkV1 & FragUplinkV2, io: PackageIo): void {
  io.say({ type: "answer", fPort: FRAG_PORT, payload: fragUplinkV1.encode(command) });
}

export function answerVersion({ version }: FragmentationConfig, io: PackageIo): void {
  const packageIdentifier = FRAG_IDENTIFIER;
  say({ name: "PackageVersionAns", packageIdentifier, packageVersion: version }, io);
}

export interface SetupErrors {
  readonly encodingUnsupported: boolean;
  readonly notEnoughMemory: boolean;
  readonly fragIndexUnsupported: boolean;
  readonly wrongDescriptor: boolean;
  /** Of TS004-2.0.0. */
  readonly sessionCntReplay: boolean;
}

export function answerSetup(
  fragIndex: number,
  errors: SetupErrors,
  { version }: FragmentationConfig,
  io: PackageIo,
): void {
  const status = { fragIndex, ...errors };
  const set = version === 1 ? fragUplinkV1 : fragUplinkV2;
  const payload = set.encode({ name: "FragSessionSetupAns", status });
  io.say({ type: "answer", fPort: FRAG_PORT, payload });
  const bits = payload[1] ?? 0;
  const note = { type: "fragSetup", fragIndex, errors: bits & 0b1_1111 } as const;
  io.effects.push({ type: "note", note });
}

/** Version 1 cannot say that a session does not exist, and zeros would look like success. */
export function answerUnknown(
  fragIndex: number,
  { version, chirpstackAnswers }: FragmentationConfig,
  io: PackageIo,
): void {
  if (version === 1) return;
  const status = { memoryError: false, micError: false, sessionDoesNotExist: true };
  const payload = chirpstackAnswers
    ? fragUplinkV2Chirpstack.encode({
        name: "FragSessionStatusAns",
        status,
        received: { nbFragReceived: 0, fragIndex },
        missingFrag: 0,
      })
    : fragUplinkV2.encode({ name: "FragSessionStatusAns", status });
  io.say({ type: "answer", fPort: FRAG_PORT, payload });
}

/** The FragSessionStatusAns as of now; undefined if the session is gone. */
export function buildFragStatusAns(
  state: FragmentationState,
  fragIndex: number,
  { version }: FragmentationConfig,
): Uint8Array | undefined {
  const session = state.sessions[fragIndex];
  if (session === undefined) return undefined;
  const missing = missingOf(session);
  const received = { nbFragReceived: Math.min(session.received, RECEIVED_MAX), fragIndex };
  const missingFrag = Math.min(missing, MISSING_MAX);
  const memoryError = isMemoryShort(session);
  if (version === 1) {
    return fragUplinkV1.encode({
      name: "FragSessionStatusAns",
      received,
      missingFrag,
      status: { notEnoughMatrixMemory: memoryError },
    });
  }
  const micError = missing === 0 && session.micError;
  return fragUplinkV2.encode({
    name: "FragSessionStatusAns",
    status: { memoryError, micError, sessionDoesNotExist: false },
    received,
    missingFrag,
  });
}

export function buildFragReceivedReq({ setup, micError }: FragSession): Uint8Array {
  return fragUplinkV2.encode({
    name: "FragDataBlockReceivedReq",
    param: { fragIndex: setup.fragIndex, micError },
  });
}

function isMemoryShort(session: FragSession): boolean {
  return session.phase === "failed" || session.work?.decoder.memoryError === true;
}
