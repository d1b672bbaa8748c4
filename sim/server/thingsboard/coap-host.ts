import type { Entropy } from "#hal/ports.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { Quirks } from "./quirks.ts";

/** Whose messages go by CoAP: the world that it is in, and how its CoAP is unlike what one expects. */
export interface CoapHost {
  readonly options: { readonly scheduler: Scheduler; readonly entropy: Entropy };
  readonly quirks: Pick<Quirks, "answersApart" | "forgetsBlocks" | "shortBlocksGoOn" | "saysSize2">;
}
