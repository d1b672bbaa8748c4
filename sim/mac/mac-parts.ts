import type { DownlinkSource } from "#agent/events.ts";
import type { Crypto, Entropy, GpsSeconds } from "#hal/ports.ts";
import type { LorawanRevision, UnicastClass } from "#scenarios/lorawan.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { CurrentModel } from "#sim/air/energy.ts";
import type { AirUplink } from "#sim/air/frames.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import type { ClassB } from "./class-b.ts";
import type { MacAnswers } from "./mac-answers.ts";
import type { AsksEvery, NetworkWord } from "./network-word.ts";
import type { MacNvm } from "./nvm.ts";
import type { Radio } from "./radio.ts";
import type { AbpSession } from "./session-keys.ts";

export interface MacConfig {
  /** EUIs are 8 bytes, most significant first. */
  readonly devEui: Uint8Array;
  readonly joinEui: Uint8Array;
  readonly lorawan: LorawanRevision;
  readonly appKey: Uint8Array;
  /** The same as `appKey` on 1.0. */
  readonly nwkKey: Uint8Array;
  /** Undefined: it joins over the air. */
  readonly abp?: AbpSession | undefined;
  readonly regional: RegionalSetting;
  /** One that the region's default channels carry. */
  readonly uplinkDr: number;
  /** B: in ping slots of its own. C: on RX2 whenever it does nothing else. Default A. */
  readonly unicastClass?: UnicastClass;
  /** Class B: 2^(7 - n) slots in a beacon period. Default 0. */
  readonly pingPeriodicity?: number;
  /** Lets the network adapt the data rate, and backs off when it hears nothing. Default: not. */
  readonly adr?: boolean;
  readonly asksEvery?: AsksEvery;
  readonly currents?: CurrentModel;
  /** Of the world when it began, and of the device's oscillator: for class B. */
  readonly gpsAtStart?: GpsSeconds;
  readonly driftPpm?: number;
  /** The first join request goes out within so long; left out: within ten seconds. */
  readonly joinSpreadUs?: number;
  /** Of a confirmed uplink, until it is acknowledged; left out: eight. */
  readonly confirmedTransmissions?: number;
}

export type MacEvent =
  | NetworkWord
  | { readonly type: "joined" }
  /**
   * `payload` is shared between receivers and never written to. The event and the source of a
   * multicast downlink are one object for all devices, valid during `emit` only.
   */
  | {
      readonly type: "downlink";
      readonly fPort: number;
      readonly payload: Uint8Array;
      readonly source: DownlinkSource;
      readonly morePending: boolean;
    }
  | { readonly type: "contact"; readonly morePending: boolean }
  | { readonly type: "uplinkReady"; readonly payloadMaxBytes: number }
  | { readonly type: "uplinkDone" };

/** What an agent hears of its modem. */
export type ModemEvent = Exclude<MacEvent, NetworkWord>;

export interface MacIo {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  emit(event: MacEvent): void;
  /** Called when the uplink starts. */
  transmit(uplink: AirUplink): void;
  /** A join request was not answered; the next one is planned. */
  onJoinSilence?(): void;
}

/** What the parts of one MAC share. */
export interface MacParts {
  readonly config: MacConfig;
  readonly io: MacIo;
  readonly nvm: MacNvm;
  readonly radio: Radio;
  readonly answers: MacAnswers;
  readonly classB: ClassB;
}
