import { FlashFault } from "#hal/ports.ts";
import type { BootDecision } from "./boot/strategy.ts";
import { applyPatch, PATCH_RECEIVED, type PatchOutcome } from "./delta/apply.ts";
import { isPatch } from "./delta/container.ts";
import { hashedPart } from "./delta/patch.ts";
import type { DeviceIo, DevicePorts } from "./device-io.ts";
import { flashReader } from "./flash/flash-reader.ts";
import type { FragSession } from "./packages/frag-session.ts";

const MAGIC_BYTES = 4;

/**
 * Makes the image in the inactive bank, if the block that came is a patch to the one that runs; goes
 * on with that after a reset. A block that is no patch stays as it is.
 */
export function unpackPatch(
  session: FragSession,
  { flash, layout }: DevicePorts,
  running: BootDecision & { readonly ok: true },
  io: DeviceIo,
): PatchOutcome {
  const bank = io.boot.updateRegion();
  const { nbFrag, fragSize, padding, fragIndex } = session.setup;
  const patchBytes = nbFrag * fragSize - padding;
  try {
    const start = new Uint8Array(MAGIC_BYTES);
    if (session.patchStep === PATCH_RECEIVED) flash.read(bank.address, start);
    if (session.patchStep === PATCH_RECEIVED && !isPatch(start)) return { ok: true };
    const reader = hashedPart(flashReader(flash, layout.banks[running.bank]));
    if (reader === undefined) return noStorage("the image that runs cannot be read");
    const base = { reader, hash: running.image.hash };
    const remember = (step: number) => {
      session.patchStep = step;
      io.persist({ type: "fragVerdict", fragIndex });
      return io.memory.isComplete;
    };
    const task = { flash, bank, patchBytes, base, step: session.patchStep, remember };
    const outcome = applyPatch(task);
    if (outcome.ok) io.effects.push({ type: "note", note: { type: "patchApplied", patchBytes } });
    return outcome;
  } catch (error) {
    if (!(error instanceof FlashFault)) throw error;
    return noStorage(error.message);
  }
}

function noStorage(detail: string): PatchOutcome {
  return { ok: false, reason: "storage", detail };
}
