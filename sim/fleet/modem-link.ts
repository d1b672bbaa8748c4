import type { DeviceNote, TimerId } from "#agent/events.ts";
import { EU868_LIMITS } from "#agent/packages/region-limits.ts";
import type { DeviceStatus } from "#agent/status.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { MacEffect, ModemEvent } from "#sim/mac/end-device.ts";
import { type AgentEvent, PersonaBorder } from "#sim/personas/border.ts";
import { deviationsOf } from "#sim/personas/persona.ts";
import { personaOf } from "#sim/personas/personas.ts";
import { AnswerFaults } from "./answer-faults.ts";
import type { OnApplication } from "./live-tap.ts";
import type { NodeParts } from "./node-parts.ts";

/** The two ends of the link. */
export interface LinkEnds {
  /** Undefined while the device has no power. */
  status(): DeviceStatus | undefined;
  clock(): { readonly gps: GpsSeconds; readonly synced: boolean };
  toAgent(event: AgentEvent): void;
  toModem(effect: MacEffect): void;
  /** What the persona has done, for people. */
  note(note: DeviceNote): void;
}

/**
 * What lies between the agent of a device and its modem: answers that get lost, come late or claim
 * errors, and behind them the persona that makes another stack of the reference.
 */
export class ModemLink {
  readonly #ends: LinkEnds;
  readonly #answers: AnswerFaults;
  readonly #persona: PersonaBorder | undefined;
  readonly #onApplication: OnApplication | undefined;

  constructor(parts: NodeParts, modemEnds: LinkEnds) {
    const { device, scheduler } = parts;
    const ends = { ...modemEnds, toModem: (effect: MacEffect) => this.#say(effect, modemEnds) };
    this.#ends = ends;
    this.#onApplication = parts.onApplication;
    this.#answers = new AnswerFaults(device, scheduler, () => {
      if (ends.status() !== undefined) this.#toModem({ type: "requestUplink" });
    });
    this.#persona = personaBorderOf(parts, ends);
  }

  fromModem(event: ModemEvent): void {
    if (event.type === "downlink" && this.#onApplication !== undefined) {
      const isMulticast = event.source.type === "multicast";
      this.#onApplication({ ...event, direction: "down", isMulticast });
    }
    if (this.#persona === undefined) this.#ends.toAgent(event);
    else this.#persona.fromModem(event);
  }

  fromAgent(effect: MacEffect): void {
    this.#toModem(this.#answers.pass(effect));
  }

  note(note: DeviceNote): void {
    this.#persona?.note(note);
  }

  /** How much later a timer of the agent is to fire; 0: now. */
  holdsTimerUs(id: TimerId): number {
    return this.#persona?.holdsTimerUs(id) ?? 0;
  }

  /** A reset: what waited is forgotten. */
  reset(): void {
    this.#answers.reset();
    this.#persona?.reset();
  }

  #say(effect: MacEffect, { toModem }: LinkEnds): void {
    if (effect.type === "uplink") {
      this.#onApplication?.({ ...effect, direction: "up", isMulticast: false });
    }
    toModem(effect);
  }

  #toModem(effect: MacEffect): void {
    if (this.#persona === undefined) this.#ends.toModem(effect);
    else this.#persona.fromAgent(effect);
  }
}

function personaBorderOf(parts: NodeParts, ends: LinkEnds): PersonaBorder | undefined {
  const { device, config, scheduler, ports } = parts;
  const persona = personaOf(device.persona);
  const version = config.packages.fragmentation;
  if (persona === undefined) return undefined;
  return new PersonaBorder({
    does: deviationsOf(persona, version),
    version,
    matrixRows: config.decoder.matrixRows,
    region: config.region ?? EU868_LIMITS,
    entropy: ports.entropy,
    scheduler,
    status: () => ends.status(),
    clock: () => ends.clock(),
    toAgent: (event) => ends.toAgent(event),
    toModem: (effect) => ends.toModem(effect),
    note: (note) => ends.note(note),
  });
}
