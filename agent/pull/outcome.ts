import { isOpenUpdate } from "../bank-image.ts";
import { succeeds } from "../flash/faults.ts";
import { equalBytes } from "../image/equal-bytes.ts";
import { rememberFailure } from "./offers.ts";
import type { UpdaterIo } from "./updater-io.ts";

/** After a reset, and once a trial is confirmed: what became of the image that was staged. */
export function settleOutcome(io: UpdaterIo): void {
  const { state, memory, ports, running, isTrial, reports } = io;
  const index = state.images[0]?.isAwaited === true ? 0 : 1;
  const image = state.images[index];
  if (image?.isAwaited === true) {
    const isIn = equalBytes(image.hash, running.hash);
    if (isIn && isTrial) return;
    image.isAwaited = false;
    const { download } = state;
    // Power failed before the boot record had it: the download is complete, and goes on there.
    const isStaged =
      download === undefined || !isOpenUpdate(download.updateId, ports.boot.report());
    if (isIn) state.untold = "updated";
    else state.images[index] = undefined;
    if (!isIn && isStaged) rememberNotBooted(image.offerId, io);
    memory.persist("untold");
    memory.persistImage(index);
  }
  if (state.untold === "updated") reports.push("UPDATED");
  else if (state.untold !== undefined) reports.pushFailed(state.untold);
}

function rememberNotBooted(offerId: Uint8Array, io: UpdaterIo): void {
  const { state, memory, ports } = io;
  // A trial that the boot record would not count did not take place.
  const isPending = ports.boot.report().pending !== undefined;
  if (isPending) succeeds(() => ports.boot.abandon());
  const failure = isPending ? "storage" : "rolledBack";
  state.untold = failure;
  rememberFailure(state, offerId, failure);
  memory.persist("failures");
  const detail = isPending ? "its trial could not be counted" : "it did not prove itself";
  io.note({ type: "refused", failure, detail });
}
