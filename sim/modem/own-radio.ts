import type {
  ModemClass,
  ModemGroup,
  ModemRadio,
  SendOptions,
  SendOutcome,
} from "./modem-radio.ts";
import { RelayedRadio } from "./relayed-radio.ts";

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
export class OwnRadio extends RelayedRadio {
  readonly #sharer: RadioSharer;
  #groups: readonly ModemGroup[] = [];
  modemClass: ModemClass = "A";

  constructor(radio: ModemRadio, sharer: RadioSharer) {
    super(radio);
    this.#sharer = sharer;
  }

  override send(fPort: number, payload: Uint8Array, dr: number, options: SendOptions): SendOutcome {
    if (this.isJoined && this.#sharer.isReserved) return { type: "busy" };
    return super.send(fPort, payload, dr, options);
  }

  override listen(modemClass: ModemClass, groups: readonly ModemGroup[]): void {
    this.#groups = groups;
    this.tune(modemClass);
  }

  /** The host's groups, and beside them those that only the packages have. */
  tune(modemClass: ModemClass): void {
    this.modemClass = modemClass;
    if (modemClass === "A") {
      super.listen("A", []);
      return;
    }
    const isHosts = ({ mcAddr }: ModemGroup) =>
      this.#groups.some((group) => group.mcAddr === mcAddr);
    const own = this.#sharer.groups.filter((group) => !isHosts(group));
    super.listen("C", [...this.#groups, ...own].slice(0, GROUPS_MAX));
  }

  override reset(): void {
    this.#groups = [];
    this.modemClass = "A";
    super.reset();
    this.#sharer.onReset();
  }
}
