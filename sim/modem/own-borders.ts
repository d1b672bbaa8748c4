import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import type { BorderIo } from "#sim/personas/border-io.ts";
import { ClockBorder } from "#sim/personas/clock-border.ts";
import type { Piece } from "#sim/personas/commands.ts";
import { FragmentationBorder } from "#sim/personas/fragmentation-border.ts";
import { loramacNode } from "#sim/personas/loramac-node.ts";
import { MulticastBorder } from "#sim/personas/multicast-border.ts";
import { deviationsOf } from "#sim/personas/persona.ts";
import { REDUNDANCY_MAX } from "./own-blocks.ts";

/** RUI's packages are those of LoRaMac-node. */
export const OWN_DEVIATIONS = deviationsOf(loramacNode, 1);

/** How they read, and how they write. */
export class OwnBorders {
  readonly fragmentation: FragmentationBorder;
  readonly #multicast: MulticastBorder;
  readonly #clock: ClockBorder;

  constructor(io: BorderIo) {
    this.#multicast = new MulticastBorder(OWN_DEVIATIONS, 1, io);
    this.fragmentation = new FragmentationBorder(OWN_DEVIATIONS, 1, REDUNDANCY_MAX, io);
    this.#clock = new ClockBorder(OWN_DEVIATIONS, io);
  }

  /** What the packages are to see of a frame; none but TS004 takes one that came by multicast. */
  take(fPort: number, payload: Uint8Array, isMulticast: boolean): readonly Piece[] {
    if (fPort === FRAG_PORT) return this.fragmentation.take(payload, isMulticast);
    if (isMulticast) return [];
    if (fPort === MULTICAST_SETUP_PORT) return this.#multicast.take(payload);
    return fPort === CLOCK_SYNC_PORT ? this.#clock.take(payload) : [];
  }

  /** What leaves in the place of their answers. */
  rewrite(fPort: number, payload: Uint8Array): Uint8Array {
    if (fPort === FRAG_PORT) return this.fragmentation.rewrite(payload);
    if (fPort === MULTICAST_SETUP_PORT) return this.#multicast.rewrite(payload);
    return fPort === CLOCK_SYNC_PORT ? this.#clock.rewrite(payload) : payload;
  }
}
