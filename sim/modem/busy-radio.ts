import type { Entropy } from "#hal/ports.ts";
import { threshold } from "#sim/kernel/draws.ts";
import type {
  ModemClass,
  ModemGroup,
  ModemRadio,
  RadioIdentity,
  SendOptions,
  SendOutcome,
} from "./modem-radio.ts";

/** A radio that now and then has no time for what it is asked. */
export class BusyRadio implements ModemRadio {
  readonly #radio: ModemRadio;
  readonly #entropy: Entropy;
  readonly #busy: number;

  constructor(radio: ModemRadio, busy: number, entropy: Entropy) {
    this.#radio = radio;
    this.#entropy = entropy;
    this.#busy = threshold(busy);
  }

  get isJoined(): boolean {
    return this.#radio.isJoined;
  }

  get devAddr(): number {
    return this.#radio.devAddr;
  }

  get netId(): number {
    return this.#radio.netId;
  }

  get payloadMaxBytes(): number {
    return this.#radio.payloadMaxBytes;
  }

  get rx2(): ModemRadio["rx2"] {
    return this.#radio.rx2;
  }

  join(identity: RadioIdentity, dr: number): boolean {
    return !this.#isBusy() && this.#radio.join(identity, dr);
  }

  stopJoining(): void {
    this.#radio.stopJoining();
  }

  send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    if (this.isJoined && this.#isBusy()) return { type: "busy" };
    return this.#radio.send(fPort, payload, dr, options);
  }

  listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void {
    this.#radio.listen(modemClass, groups);
  }

  reset(): void {
    this.#radio.reset();
  }

  #isBusy(): boolean {
    return this.#entropy.below("busy", 2 ** 32) < this.#busy;
  }
}
