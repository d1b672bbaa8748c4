import type { RegionLimits } from "#agent/packages/region-limits.ts";
import type { Crypto, Entropy } from "#hal/ports.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { ModemNvm } from "./modem-nvm.ts";
import type { ModemGroup, ModemRadio, RadioEvent } from "./modem-radio.ts";
import { OwnPackages } from "./own-packages.ts";
import { OwnRadio } from "./own-radio.ts";
import { rakSetting } from "./rak-settings.ts";

/** What a modem with FUOTA of its own needs besides. */
export interface OwnFuotaNeeds {
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  readonly limits: RegionLimits;
}

export interface OwnFuotaParts extends OwnFuotaNeeds {
  readonly scheduler: Scheduler;
  readonly nvm: ModemNvm;
  readonly radio: ModemRadio;
  readonly print: (text: string) => void;
  /** The AT firmware is left: nobody is at its line any more. */
  readonly leave: () => void;
}

interface Answer {
  readonly fPort: number;
  readonly payload: Uint8Array;
}

const RESERVED_US = 10_000_000;
/** DeviceTimeReq goes with every answer (service_lora_config.c: LmHandlerSend). */
const ANSWER_OPTIONS = { confirmed: false, linkCheck: false, timeRequest: true } as const;

/**
 * FUOTA inside the modem, beside the AT firmware and unknown to it (RAK-STM32-RUI 5.0.0 with
 * SUPPORT_FUOTA). It answers the ports 200, 201 and 202 and, when its class C session begins, leaves
 * the AT firmware for a stack in the bootloader, which writes fragments over the AT firmware.
 */
export class OwnFuota {
  /** For the AT firmware. */
  readonly radio: OwnRadio;
  readonly #parts: OwnFuotaParts;
  #packages: OwnPackages;
  /** An uplink of its own is under way. */
  #isSending = false;
  #waiting: Scheduled | undefined;
  #hasLeft = false;
  #isOverwritten = false;

  constructor(parts: OwnFuotaParts) {
    this.#parts = parts;
    this.#packages = this.#newPackages();
    const sharer = () => this;
    this.radio = new OwnRadio(parts.radio, {
      get isReserved() {
        return sharer().#packages.startsInUs < RESERVED_US;
      },
      get groups(): readonly ModemGroup[] {
        return sharer().#packages.groups;
      },
      onReset: () => this.#reset(),
    });
  }

  /** There is no AT firmware any more. */
  get isOverwritten(): boolean {
    return this.#isOverwritten;
  }

  /** Before the AT firmware sees the event: which it may see in another form. */
  mark(event: RadioEvent): RadioEvent {
    if (event.type !== "exchangeOver" || !this.#isSending) return event;
    this.#isSending = false;
    return { ...event, isOwn: true };
  }

  /** After the AT firmware has said what came. */
  onRadio(event: RadioEvent): void {
    switch (event.type) {
      case "joined":
      case "joinFailed":
        return;
      case "multicast":
      case "unicast":
        this.#take(event, event.type === "multicast", false);
        return;
      case "exchangeOver": {
        const { answer, gps } = event;
        if (gps !== undefined) this.#packages.setClock(gps);
        const { fPort, payload } = answer ?? {};
        if (fPort === undefined || payload === undefined) return;
        this.#take({ fPort, payload }, false, gps !== undefined);
        return;
      }
      default:
        event satisfies never;
    }
  }

  #take({ fPort, payload }: Answer, isMulticast: boolean, hasTime: boolean): void {
    this.#packages.take({ fPort, payload, isMulticast, hasTime });
    if (this.#hasLeft && this.#packages.hasFragments) this.#isOverwritten = true;
  }

  /**
   * What the radio has no time for is lost. LoRaMac-node saves up an hour of duty cycle, where the MAC
   * here spaces uplinks: so it waits for that, but keeps one answer alone.
   */
  #say(fPort: number, build: () => Uint8Array): void {
    const { radio, nvm, scheduler } = this.#parts;
    if (this.#waiting !== undefined) scheduler.cancel(this.#waiting);
    const outcome = radio.send(fPort, build(), Number(rakSetting(nvm, "DR")), ANSWER_OPTIONS);
    if (outcome.type === "accepted" || outcome.type === "tooLong") this.#isSending = true;
    if (outcome.type !== "restricted") return;
    const at = scheduler.now + outcome.waitMs * 1000;
    this.#waiting = scheduler.schedule(at, () => this.#say(fPort, build));
  }

  /** In a class that it has not to change, nothing follows (LmHandler.c: LmHandlerRequestClass). */
  #onSession(isOpen: boolean): void {
    const modemClass = isOpen ? "C" : "A";
    const isOther = this.radio.modemClass !== modemClass;
    this.radio.tune(modemClass);
    if (!isOther) return;
    this.#parts.print(isOpen ? "app switch class c" : "switch class a");
    if (!isOpen) return;
    this.#hasLeft = true;
    this.#parts.leave();
  }

  /** The stack in the bootloader resets the modem into what it has written. */
  #onBlock(): void {
    if (!this.#hasLeft) return;
    this.#isOverwritten = true;
    this.radio.reset();
  }

  #reset(): void {
    const { scheduler } = this.#parts;
    if (this.#waiting !== undefined) scheduler.cancel(this.#waiting);
    this.#waiting = undefined;
    this.#isSending = false;
    this.#hasLeft = false;
    this.#packages.stop();
    this.#packages = this.#newPackages();
  }

  #newPackages(): OwnPackages {
    return new OwnPackages({
      ...this.#parts,
      appKey: () => this.#parts.nvm.appKey,
      say: (fPort, build) => this.#say(fPort, build),
      onSession: (isOpen) => this.#onSession(isOpen),
      onBlock: () => this.#onBlock(),
    });
  }
}
