import type { Entropy } from "#hal/ports.ts";
import { threshold } from "#sim/kernel/draws.ts";
import type { ModemRadio, RadioIdentity, SendOptions, SendOutcome } from "./modem-radio.ts";
import { RelayedRadio } from "./relayed-radio.ts";

/** A radio that now and then has no time for what it is asked. */
export class BusyRadio extends RelayedRadio {
  readonly #entropy: Entropy;
  readonly #busy: number;

  constructor(radio: ModemRadio, busy: number, entropy: Entropy) {
    super(radio);
    this.#entropy = entropy;
    this.#busy = threshold(busy);
  }

  override join(identity: RadioIdentity, dr: number): boolean {
    return !this.#isBusy() && super.join(identity, dr);
  }

  override send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    if (this.isJoined && this.#isBusy()) return { type: "busy" };
    return super.send(fPort, payload, dr, options);
  }

  #isBusy(): boolean {
    return this.#entropy.below("busy", 2 ** 32) < this.#busy;
  }
}
