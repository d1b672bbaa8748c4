import { isOpenUpdate, verifyBank } from "./bank-image.ts";
import { BANK } from "./blocks.ts";
import type { DeviceConfig } from "./config.ts";
import { type DeviceIo, type DeviceLife, type DevicePorts, succeeds } from "./device-io.ts";
import type { FailureReason } from "./events.ts";
import type { FragSession } from "./packages/frag-session.ts";
import { unpackPatch } from "./patch.ts";

/**
 * Takes over a block that is complete and, as far as TS004 can tell, right: makes an image of it if
 * it is a patch, verifies the image from flash and stages it. Returns whether one is staged now.
 */
export function takeImage(
  session: FragSession,
  config: DeviceConfig,
  ports: DevicePorts,
  { decision }: DeviceLife,
  io: DeviceIo,
): boolean {
  const isContradictory = session.work?.decoder.inconsistent === true;
  session.work = undefined;
  if (session.placeIndex !== BANK) return false;
  if (session.micError) {
    succeeds(() => io.boot.abandon());
    return false;
  }
  const unpacked = unpackPatch(session, ports, decision, io);
  if (!unpacked.ok) {
    refuse(session, isContradictory ? "wrongVariant" : unpacked.reason, unpacked.detail, io);
    return false;
  }
  const verdict = verifyBank(config, ports, decision.image);
  if (!verdict.ok) {
    const isWrongVariant = isContradictory && verdict.reason !== "storage";
    refuse(session, isWrongVariant ? "wrongVariant" : verdict.reason, verdict.detail, io);
    return false;
  }
  const { image } = verdict;
  io.effects.push({ type: "note", note: { type: "imageVerified", version: image.version } });
  if (!succeeds(() => io.boot.stage(image))) {
    refuse(session, "storage", "the boot record cannot be written", io);
    return false;
  }
  io.staged = image;
  io.effects.push({ type: "note", note: { type: "staged" } });
  return true;
}

/** The transfer was right, the image is not: the session's status stays as it is. */
function refuse(session: FragSession, reason: FailureReason, detail: string, io: DeviceIo): void {
  session.failure = reason;
  io.persist({ type: "fragVerdict", fragIndex: session.setup.fragIndex });
  succeeds(() => io.boot.abandon());
  io.effects.push({ type: "note", note: { type: "imageRefused", reason, detail } });
}

/** After a reset: a block was complete, but power failed before its image was staged or refused. */
export function isImageUndecided(session: FragSession, io: DeviceIo): boolean {
  if (session.phase !== "complete" || session.placeIndex !== BANK || io.isTrial) return false;
  if (session.micError || session.failure !== undefined) return false;
  return isOpenUpdate(session.updateId, io.boot.report());
}
