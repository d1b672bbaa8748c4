import type { Crypto } from "#hal/ports.ts";
import type { ModemTroubles } from "#scenarios/modem-schema.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { AirDownlink, AirUplink } from "#sim/air/frames.ts";
import { regionLimits } from "#sim/fleet/settings.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { isInBand } from "./band.ts";
import { MacRadio } from "./mac-radio.ts";
import { type ModemNvm, newModemNvm } from "./modem-nvm.ts";
import type { RadioIdentity } from "./modem-radio.ts";
import type { ModemProfile } from "./profiles.ts";
import { VirtualModem } from "./virtual-modem.ts";

export interface AirModemSpec {
  readonly profile: ModemProfile;
  readonly regional: RegionalSetting;
  /** What the server knows, and what the modem is given. */
  readonly identity: RadioIdentity;
  readonly crypto: Crypto;
  readonly seed: number;
  /** What is wrong with the modem. Default: nothing. */
  readonly troubles?: ModemTroubles;
  /** From the modem's UART. */
  readonly emit: (bytes: Uint8Array) => void;
}

interface AirModemParts extends AirModemSpec {
  readonly scheduler: Scheduler;
  /** When a frame of the modem ends. */
  readonly onUplink: (uplink: AirUplink) => void;
}

/** Streams of draws: 2 is the network server's. */
const MODEM = 1;
const TROUBLES = 3;
const OWN_FUOTA = 4;

/** A virtual modem, its MAC, and the air around both: nothing comes through in the wrong band. */
export class AirModem {
  readonly modem: VirtualModem;
  readonly #radio: MacRadio;
  readonly #nvm: ModemNvm;
  readonly #parts: AirModemParts;

  constructor(parts: AirModemParts) {
    const { profile, regional, identity, crypto, seed, troubles = {}, emit, scheduler } = parts;
    this.#parts = parts;
    this.#nvm = newModemNvm(identity, profile, regional.region.name, troubles);
    this.#radio = new MacRadio({
      scheduler,
      crypto,
      entropy: new KeyedEntropy(seed, MODEM),
      regional,
      emit: (event) => this.modem.onRadio(event),
      transmit: (uplink) => this.#transmit(uplink),
    });
    const limits = regionLimits(regional.region);
    const ownFuota = { crypto, entropy: new KeyedEntropy(seed, OWN_FUOTA), limits };
    this.modem = new VirtualModem({
      profile,
      scheduler,
      radio: this.#radio,
      nvm: this.#nvm,
      troubles,
      ownFuota: hasOwnFuota(profile, troubles) ? ownFuota : undefined,
      entropy: new KeyedEntropy(seed, TROUBLES),
      emit,
    });
  }

  onAir(downlink: AirDownlink): void {
    if (this.#isInBand) this.#radio.onAir(downlink);
  }

  /** 0 before the first join. */
  get devAddr(): number {
    return this.#radio.devAddr;
  }

  get #isInBand(): boolean {
    const { profile, regional } = this.#parts;
    return isInBand(profile.family, regional.region.name, this.#nvm);
  }

  #transmit(uplink: AirUplink): void {
    const { scheduler, onUplink } = this.#parts;
    scheduler.schedule(uplink.endUs, () => {
      if (this.#isInBand) onUplink(uplink);
    });
  }
}

/** The other families' firmware is not RAK's. */
function hasOwnFuota(profile: ModemProfile, troubles: ModemTroubles): boolean {
  const { family, hasOwnFuota: isUsual = false } = profile;
  return family === "rui3" && (troubles.ownFuota ?? isUsual);
}
