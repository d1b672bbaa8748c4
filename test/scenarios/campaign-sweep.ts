import { allCuts, sampledCuts } from "../agent/boot/cut-kinds.ts";
import type { Tally } from "../reliability/tally.ts";
import {
  type Campaign,
  cutCall,
  cutEvent,
  cutOperation,
  ODD_OFF_US,
  SPACING_US,
  undisturbed,
} from "./campaign-story.ts";

/* Each sweep lives one campaign for each place where power may fail; with a stride, for some. */

/**
 * In every flash operation, every kind, every byte prefix; of the telling prefixes with a stride, and
 * where whole pages are programmed at once to swap them.
 */
export function sweepOperations(campaign: Campaign, tally: Tally, stride = 1): void {
  const cutsOf = stride === 1 && campaign.boot === undefined ? allCuts : sampledCuts;
  let count = 0;
  for (const operation of undisturbed(campaign).operations) {
    for (const cut of cutsOf(operation, campaign.granuleBytes)) {
      if (count++ % stride !== 0) continue;
      tally.case(() => cutOperation(campaign, operation.index, cut));
    }
  }
}

/** Between every two calls of the device's ports, events that reach it and effects of it included. */
export function sweepCalls(campaign: Campaign, tally: Tally, stride = 1): void {
  const { length } = undisturbed(campaign).calls;
  for (let index = 0; index < length; index += stride) {
    tally.case(() => cutCall(campaign, index));
  }
}

/** Between every two events of the world: modem, air, gateway and server; for two times. */
export function sweepEvents(campaign: Campaign, tally: Tally, stride = 1): void {
  const { events, firstEvent } = undisturbed(campaign);
  for (let index = firstEvent; index < events; index += stride) {
    for (const offUs of [ODD_OFF_US, SPACING_US]) {
      tally.case(() => cutEvent(campaign, index, offUs));
    }
  }
}
