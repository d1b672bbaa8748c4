import type { DeviceEffect, DeviceNote, TimerId } from "#agent/events.ts";
import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import type { Entropy } from "#hal/ports.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { MacEffect, ModemEvent } from "#sim/mac/end-device.ts";
import type { BorderIo } from "./border-io.ts";
import { ClockBorder } from "./clock-border.ts";
import type { Piece } from "./commands.ts";
import type { Deviations } from "./deviations.ts";
import { FragmentationBorder } from "./fragmentation-border.ts";
import { MulticastBorder } from "./multicast-border.ts";

type Uplink = Extract<DeviceEffect, { type: "uplink" }>;
type Downlink = Extract<ModemEvent, { type: "downlink" }>;

/** What the agent is told: by its modem, or to say. */
export type AgentEvent =
  | ModemEvent
  | { readonly type: "say"; readonly fPort: number; readonly payload: Uint8Array };

export interface BorderParts extends Pick<BorderIo, "region" | "status" | "clock" | "note"> {
  readonly does: Deviations;
  /** Of TS004 and TS005. */
  readonly version: 1 | 2;
  /** Lost fragments that the decoder can solve for. */
  readonly matrixRows: number;
  readonly entropy: Entropy;
  readonly scheduler: Scheduler;
  toAgent(event: AgentEvent): void;
  toModem(effect: MacEffect): void;
}

const S_US = 1_000_000;
const FRAGMENT_CID = 0x08;
/** Until an AppTimeReq that a session keeps back is tried again. */
const HELD_TIMER_US = 10 * S_US;

/**
 * Sits between the agent of a device and its modem and makes of it what a persona's table says: it
 * rewrites requests on their way in and answers on their way out, and has those said that the agent
 * would not give. The agent behind it stays the reference.
 */
export class PersonaBorder {
  readonly #parts: BorderParts;
  readonly #multicast: MulticastBorder;
  readonly #fragmentation: FragmentationBorder;
  readonly #clock: ClockBorder;
  readonly #pending = new Set<Scheduled>();
  /** Bit i: the class C window of group i is open. */
  #windows = 0;

  constructor(parts: BorderParts) {
    const { does, version, matrixRows, region, entropy } = parts;
    this.#parts = parts;
    const io: BorderIo = {
      region,
      status: () => parts.status(),
      clock: () => parts.clock(),
      note: (note) => parts.note(note),
      sayLater: (fPort, payload, delayMaxUs) => {
        const delayUs = entropy.below("personaStatus", delayMaxUs);
        this.#later(delayUs, () => parts.toAgent({ type: "say", fPort, payload }));
      },
    };
    this.#multicast = new MulticastBorder(does, version, io);
    this.#fragmentation = new FragmentationBorder(does, version, matrixRows, io);
    this.#clock = new ClockBorder(does, io);
  }

  fromModem(event: ModemEvent): void {
    if (event.type === "downlink") this.#downlink(event);
    else this.#parts.toAgent(event);
  }

  fromAgent(effect: MacEffect): void {
    if (effect.type === "startClassC") this.#windows |= 1 << effect.groupId;
    if (effect.type === "stopClassC") this.#windows &= ~(1 << effect.groupId);
    this.#parts.toModem(effect.type === "uplink" ? this.#rewritten(effect) : effect);
  }

  note(note: DeviceNote): void {
    this.#fragmentation.note(note);
  }

  /** How much later a timer of the agent is to fire; 0: now. */
  holdsTimerUs(id: TimerId): number {
    const isHeld = this.#parts.does.appTimeReqInSession === "never" && this.#windows !== 0;
    return isHeld && id === "clockSync" ? HELD_TIMER_US : 0;
  }

  /** A reset: what waited is forgotten. */
  reset(): void {
    for (const scheduled of this.#pending) this.#parts.scheduler.cancel(scheduled);
    this.#pending.clear();
    this.#windows = 0;
    this.#fragmentation.reset();
  }

  #downlink(event: Downlink): void {
    const { fPort, payload, source } = event;
    const isMulticast = source.type === "multicast";
    if (fPort === FRAG_PORT && payload[0] === FRAGMENT_CID) {
      if (this.#fragmentation.takeFragment(payload)) this.#parts.toAgent(event);
      else this.#heard(event);
      return;
    }
    const pieces = this.#piecesOf(event, isMulticast);
    if (pieces === undefined) {
      this.#parts.toAgent(event);
      return;
    }
    this.#heard(event);
    // A multicast frame is of its moment: its counter would be stale by then.
    const delayUs = isMulticast ? 0 : this.#delayUs(fPort);
    if (delayUs === 0) this.#hand(pieces, event);
    else this.#later(delayUs, () => this.#hand(pieces, event));
  }

  /** The agent learns that its server speaks, not what it says. */
  #heard({ source, morePending }: Downlink): void {
    if (source.type === "unicast") this.#parts.toAgent({ type: "contact", morePending });
  }

  /** Undefined: not for a package, or by multicast to one that ignores that. */
  #piecesOf({ fPort, payload }: Downlink, isMulticast: boolean): readonly Piece[] | undefined {
    if (fPort === FRAG_PORT) return this.#fragmentation.take(payload, isMulticast);
    if (isMulticast) return undefined;
    if (fPort === MULTICAST_SETUP_PORT) return this.#multicast.take(payload);
    return fPort === CLOCK_SYNC_PORT ? this.#clock.take(payload) : undefined;
  }

  #hand(pieces: readonly Piece[], event: Downlink): void {
    const { toAgent } = this.#parts;
    for (const { type, bytes: payload } of pieces) {
      if (type === "read") toAgent({ ...event, payload });
      else toAgent({ type: "say", fPort: event.fPort, payload });
    }
  }

  #delayUs(fPort: number): number {
    const { answerDelayS } = this.#parts.does;
    const isMulticastSetup = fPort === MULTICAST_SETUP_PORT;
    const delayS = isMulticastSetup ? answerDelayS?.multicastSetup : answerDelayS?.fragmentation;
    if (delayS === undefined || fPort === CLOCK_SYNC_PORT) return 0;
    const [fixedS, belowS] = delayS;
    return (fixedS + this.#parts.entropy.below("personaDelay", belowS)) * S_US;
  }

  #rewritten(uplink: Uplink): Uplink {
    const { fPort, payload } = uplink;
    switch (fPort) {
      case MULTICAST_SETUP_PORT:
        return { ...uplink, payload: this.#multicast.rewrite(payload) };
      case FRAG_PORT:
        return { ...uplink, payload: this.#fragmentation.rewrite(payload) };
      case CLOCK_SYNC_PORT:
        return { ...uplink, payload: this.#clock.rewrite(payload) };
      default:
        return uplink;
    }
  }

  #later(delayUs: number, run: () => void): void {
    const { scheduler } = this.#parts;
    const scheduled = scheduler.schedule(scheduler.now + delayUs, () => {
      this.#pending.delete(scheduled);
      run();
    });
    this.#pending.add(scheduled);
  }
}
