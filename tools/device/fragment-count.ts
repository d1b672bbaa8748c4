import { FRAG_PORT, fragDownlinkV1, fragDownlinkV2 } from "#agent/packages/fragmentation.wire.ts";

/** Fragments of the running session, by their numbers. */
export interface FragmentsOnAir {
  /** Number of the last one. */
  readonly n: number;
  readonly heard: number;
  /** Numbers that were passed over since the first that was heard. */
  readonly lost: number;
}

/** Counts what comes of a session, and what does not: their numbers have no gaps on the air. */
export class FragmentCount {
  readonly #commands: typeof fragDownlinkV1 | typeof fragDownlinkV2;
  #fragIndex = -1;
  #air: FragmentsOnAir | undefined;

  constructor(packages: 1 | 2) {
    this.#commands = packages === 1 ? fragDownlinkV1 : fragDownlinkV2;
  }

  get air(): FragmentsOnAir | undefined {
    return this.#air;
  }

  /** Whether the payload is a fragment. */
  take(fPort: number, payload: Uint8Array): boolean {
    if (fPort !== FRAG_PORT) return false;
    const [decoded] = this.#commands.decode(payload);
    if (decoded?.ok !== true || decoded.command.name !== "DataFragment") return false;
    const { n, fragIndex } = decoded.command.indexAndN;
    const { n: before, heard, lost } = this.#air ?? { n: n - 1, heard: 0, lost: 0 };
    // Numbers that begin again are another session; a few back are another order.
    const isOther = fragIndex !== this.#fragIndex || n + REORDER_MAX < before;
    this.#fragIndex = fragIndex;
    if (isOther) this.#air = { n, heard: 1, lost: 0 };
    else if (n > before) this.#air = { n, heard: heard + 1, lost: lost + n - before - 1 };
    else this.#air = { n: before, heard: heard + 1, lost: Math.max(0, lost - 1) };
    return true;
  }
}

const REORDER_MAX = 8;
