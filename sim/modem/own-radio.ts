import type {
  ModemClass,
  ModemGroup,
  ModemRadio,
  RadioIdentity,
  SendOptions,
  SendOutcome,
} from "./modem-radio.ts";

/** LORAMAC_MAX_MC_CTX: the slots are the host's, too. */
const GROUPS_MAX = 4;

/** What the modem's own FUOTA makes of the radio that the AT firmware has. */
export interface RadioSharer {
  /** Before its session, no uplinks of the host. */
  readonly isReserved: boolean;
  /** Groups that it listens to in class C. */
  readonly groups: readonly ModemGroup[];
  /** The radio was reset. */
  onReset(): void;
}

/** A radio that an AT firmware shares with FUOTA packages beside it. */
export class OwnRadio implements ModemRadio {
  readonly #radio: ModemRadio;
  readonly #sharer: RadioSharer;
  #groups: readonly ModemGroup[] = [];
  modemClass: ModemClass = "A";

  constructor(radio: ModemRadio, sharer: RadioSharer) {
    this.#radio = radio;
    this.#sharer = sharer;
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
    return this.#radio.join(identity, dr);
  }

  stopJoining(): void {
    this.#radio.stopJoining();
  }

  send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    if (this.isJoined && this.#sharer.isReserved) return { type: "busy" };
    return this.#radio.send(fPort, payload, dr, options);
  }

  listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void {
    this.#groups = groups;
    this.tune(modemClass);
  }

  /** The host's groups, and beside them those that only the packages have. */
  tune(modemClass: ModemClass): void {
    this.modemClass = modemClass;
    if (modemClass === "A") {
      this.#radio.listen("A", []);
      return;
    }
    const isHosts = ({ mcAddr }: ModemGroup) =>
      this.#groups.some((group) => group.mcAddr === mcAddr);
    const own = this.#sharer.groups.filter((group) => !isHosts(group));
    this.#radio.listen("C", [...this.#groups, ...own].slice(0, GROUPS_MAX));
  }

  reset(): void {
    this.#groups = [];
    this.modemClass = "A";
    this.#radio.reset();
    this.#sharer.onReset();
  }
}
