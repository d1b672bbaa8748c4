import type { FailureReason } from "#agent/events.ts";
import type { PullReason } from "#sim/pull/reason.ts";
import type { Report } from "#tools/report/schema.ts";

const MEANINGS = {
  neverJoined: "no join was ever accepted",
  refusedSession: "refused a request of the set-up",
  missedSetup: "a request of the set-up did not arrive, or its answer did not",
  lateStart: "was set up, and heard none of the fragments",
  shortOfRows: "too few independent fragments arrived",
  twinColumns: "the parity cannot tell two of the lost fragments apart",
  matrixFull: "lost more fragments than the decoder has memory for",
  wrongVariant: "the parity follows another version of TS004",
  mic: "the data block's own check failed",
  digest: "the image is not what its digest says",
  signature: "no trusted key has signed the image",
  imageFormat: "what arrived is not an image",
  downgrade: "the image is older than what runs",
  wrongHardware: "the image is for other hardware",
  storage: "the flash refused",
  wrongBase: "a patch, but to another image than the one that runs",
  patchFormat: "what arrived is not a patch",
  rolledBack: "the new image ran and was not confirmed",
  bricked: "nothing is left to boot",
  notActivated: "complete, but never told to boot it in time",
  noAnswer: "never heard its server",
  denied: "its server does not know it",
  notOffered: "its server offered it nothing",
  offer: "the package is for others, too large, or not described well enough",
  chunks: "chunks were not of the length asked for, again and again",
  checksum: "what was pulled is not what the server's checksum says",
  unfinished: "had not all of it, or had not booted it, when time was up",
} as const satisfies Record<FailureReason | PullReason, string>;

const meaningOf = new Map<string, string>(Object.entries(MEANINGS));

export interface Failure {
  readonly reason: string;
  readonly meaning: string;
  readonly count: number;
  /** Number of one of them, the first. */
  readonly example: number;
}

/** Why devices did not make it, the commonest first. */
export function failuresOf(devices: Report["devices"]): readonly Failure[] {
  const byReason = new Map<string, number[]>();
  for (const { id, reason } of devices) {
    if (reason === null) continue;
    const ids = byReason.get(reason);
    if (ids === undefined) byReason.set(reason, [id]);
    else ids.push(id);
  }
  return [...byReason]
    .map(([reason, ids]) => ({
      reason,
      meaning: meaningOf.get(reason) ?? "",
      count: ids.length,
      example: ids[0] ?? 0,
    }))
    .toSorted((a, b) => b.count - a.count || a.example - b.example);
}
