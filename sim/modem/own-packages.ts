import { DeviceClock } from "#agent/clock.ts";
import type { DeviceEffect, DownlinkSource, TimerId } from "#agent/events.ts";
import type { Saying } from "#agent/outbox.ts";
import { buildAppTimeReq, newClockSyncState, stepClockSync } from "#agent/packages/clock-sync.ts";
import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { buildFragStatusAns } from "#agent/packages/frag-answers.ts";
import type { FragIo } from "#agent/packages/frag-io.ts";
import { type FragSession, newFragmentationState } from "#agent/packages/frag-session.ts";
import { stepFragmentation, takeFragDownlink } from "#agent/packages/fragmentation.ts";
import { FRAG_PORT } from "#agent/packages/fragmentation.wire.ts";
import { buildMcSessionAns } from "#agent/packages/multicast-answers.ts";
import { stepMulticastSetup } from "#agent/packages/multicast-setup.ts";
import { MULTICAST_SETUP_PORT } from "#agent/packages/multicast-setup.wire.ts";
import { newMulticastSetupState } from "#agent/packages/multicast-state.ts";
import type { RegionLimits } from "#agent/packages/region-limits.ts";
import { packagesStatusOf } from "#agent/status.ts";
import { TIMERS } from "#agent/timers.ts";
import type { Crypto, Entropy } from "#hal/ports.ts";
import type { Scheduled, Scheduler } from "#sim/kernel/engine.ts";
import type { ModemGroup } from "./modem-radio.ts";
import { hasRoomFor, openBlock } from "./own-blocks.ts";
import { OwnBorders } from "./own-borders.ts";
import { OWN_CLOCK, ownFragmentation, ownMulticastSetup } from "./own-configs.ts";

export interface OwnPackagesParts {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly entropy: Entropy;
  readonly limits: RegionLimits;
  appKey(): Uint8Array;
  /** All that a package has to say to one frame, in what it is when it leaves. */
  say(fPort: number, build: () => Uint8Array): void;
  /** A class C session begins, or is over. */
  onSession(isOpen: boolean): void;
  /** A block is whole. */
  onBlock(): void;
}

export interface OwnDownlink {
  readonly fPort: number;
  readonly payload: Uint8Array;
  readonly isMulticast: boolean;
  /** A DeviceTimeAns came with it, and is more precise than an AppTimeAns. */
  readonly hasTime: boolean;
}

const FRAGMENT_CID = 0x08;
/** 1970, where a clock begins that was never set; modulo 2^32. */
const UNSET_GPS = 2 ** 32 - 315_964_800;

/**
 * TS003, TS004 and TS005 inside the modem, for one life of it: the agent's packages, with what
 * LoRaMac-node does otherwise (RAK-STM32-RUI 5.0.0, `service/lora/packages`). They ask for nothing
 * by themselves.
 */
export class OwnPackages {
  readonly #parts: OwnPackagesParts;
  readonly #multicast = newMulticastSetupState();
  readonly #clockSync = newClockSyncState();
  readonly #fragmentation = newFragmentationState();
  readonly #clock: DeviceClock;
  readonly #borders: OwnBorders;
  readonly #io: FragIo;
  readonly #effects: DeviceEffect[] = [];
  readonly #timers = new Map<TimerId, Scheduled>();
  readonly #delayed = new Set<Scheduled>();
  /** Answers to the frame that is being taken, by port. */
  readonly #said = new Map<number, (() => Uint8Array)[]>();

  constructor(parts: OwnPackagesParts) {
    this.#parts = parts;
    const { scheduler, entropy, crypto, limits } = parts;
    // An unset clock decides like any other (LmhpRemoteMcastSetup.c: SysTimeGet).
    this.#clock = new DeviceClock(UNSET_GPS, scheduler.now, true);
    const state = { multicast: this.#multicast, fragmentation: this.#fragmentation };
    this.#borders = new OwnBorders({
      region: limits,
      status: () => packagesStatusOf(state),
      clock: () => ({ gps: this.#clock.gps(scheduler.now), synced: true }),
      note: () => {},
      sayLater: (fPort, payload, delayMaxUs) =>
        this.#later(entropy.below("ownStatus", delayMaxUs), () =>
          this.#run(() => this.#hold(fPort, () => payload)),
        ),
    });
    this.#io = {
      get at() {
        return scheduler.now;
      },
      clock: this.#clock,
      entropy,
      crypto,
      effects: this.#effects,
      say: (saying) => this.#say(saying),
      persist: () => {},
      placeFor: (_, { nbFrag, fragSize }) => (hasRoomFor({ nbFrag, fragSize }) ? 0 : undefined),
      nextUpdateId: () => 0,
      openPlace: () => true,
      closePlace: () => {},
      startRefusal: () => undefined,
      openWork: openBlock,
    };
  }

  /** Groups that have a session, with its tuning. */
  get groups(): readonly ModemGroup[] {
    return this.#multicast.groups.flatMap((group) => {
      if (group?.session === undefined) return [];
      const { mcAddr, mcNwkSKey, mcAppSKey, nextMcFCnt, session } = group;
      const { dlFrequencyHz: frequencyHz, dr } = session;
      const keys = { nwkSKey: mcNwkSKey, appSKey: mcAppSKey };
      return [{ mcAddr, ...keys, nextFCnt: nextMcFCnt, frequencyHz, dr }];
    });
  }

  /** Until the next session begins; infinite: none is programmed. */
  get startsInUs(): number {
    const { now } = this.#parts.scheduler;
    let soonest = Number.POSITIVE_INFINITY;
    for (const [id, { at }] of this.#timers) {
      if (id.startsWith("mcStart")) soonest = Math.min(soonest, at - now);
    }
    return soonest;
  }

  /** Some fragment of a block was taken. */
  get hasFragments(): boolean {
    return this.#fragmentation.sessions.some((session) => (session?.received ?? 0) > 0);
  }

  /** From the network, with a fraction. */
  setClock(gps: number): void {
    const { now } = this.#parts.scheduler;
    const whole = Math.floor(gps);
    const { offsetUs } = new DeviceClock(whole, now, true);
    this.#clock.offsetUs = offsetUs + Math.round((gps - whole) * 1e6);
  }

  take({ fPort, payload, isMulticast, hasTime }: OwnDownlink): void {
    this.#run(() => {
      if (fPort === FRAG_PORT && payload[0] === FRAGMENT_CID) {
        if (this.#borders.fragmentation.takeFragment(payload)) this.#fragment(payload, isMulticast);
        return;
      }
      for (const { type, bytes } of this.#borders.take(fPort, payload, isMulticast)) {
        if (type === "say") this.#hold(fPort, () => bytes);
        else this.#read(fPort, bytes, isMulticast, hasTime);
      }
    });
  }

  /** Nothing happens any more. */
  stop(): void {
    for (const timer of [...this.#timers.values(), ...this.#delayed]) {
      this.#parts.scheduler.cancel(timer);
    }
    this.#timers.clear();
    this.#delayed.clear();
  }

  #read(fPort: number, payload: Uint8Array, isMulticast: boolean, hasTime: boolean): void {
    const source = this.#sourceOf(isMulticast);
    const event = { type: "downlink", payload, source } as const;
    if (fPort === MULTICAST_SETUP_PORT) {
      stepMulticastSetup(this.#multicast, event, this.#multicastConfig, this.#io);
    }
    if (fPort === FRAG_PORT) this.#whole(this.#stepFragmentation(event));
    if (fPort !== CLOCK_SYNC_PORT) return;
    // The token alone decides whether it is for this clock.
    this.#clockSync.isAwaiting = !hasTime;
    stepClockSync(this.#clockSync, event, OWN_CLOCK, this.#io);
  }

  #fragment(payload: Uint8Array, isMulticast: boolean): void {
    const config = this.#fragConfig;
    const source = this.#sourceOf(isMulticast);
    this.#whole(takeFragDownlink(this.#fragmentation, payload, source, config, this.#io));
  }

  #timer(id: TimerId): void {
    const [family, index] = TIMERS[id];
    if (family === "clockSync") {
      stepClockSync(this.#clockSync, { type: "timer" }, OWN_CLOCK, this.#io);
    }
    if (family === "multicast") {
      const event = { type: "timer", mcGroupId: index } as const;
      stepMulticastSetup(this.#multicast, event, this.#multicastConfig, this.#io);
    }
    if (family === "fragAnswer") {
      this.#stepFragmentation({ type: "answerTimer", fragIndex: index });
    }
  }

  #stepFragmentation(event: Parameters<typeof stepFragmentation>[1]): FragSession | undefined {
    return stepFragmentation(this.#fragmentation, event, this.#fragConfig, this.#io);
  }

  #whole(session: FragSession | undefined): void {
    if (session !== undefined) this.#parts.onBlock();
  }

  /** Runs to its end, then does what it asked for and says what it had to say. */
  #run(step: () => void): void {
    step();
    for (const effect of this.#effects.splice(0)) this.#perform(effect);
    for (const [fPort, builds] of this.#said) {
      const build = () => Uint8Array.from(builds.flatMap((part) => [...part()]));
      this.#parts.say(fPort, () => this.#borders.rewrite(fPort, build()));
    }
    this.#said.clear();
  }

  #perform(effect: DeviceEffect): void {
    switch (effect.type) {
      case "setTimer":
        this.#arm(effect.id, effect.at);
        return;
      case "clearTimer":
        this.#clear(effect.id);
        return;
      case "startClassC":
      case "stopClassC":
        this.#parts.onSession(effect.type === "startClassC");
        return;
      case "note":
        this.#borders.fragmentation.note(effect.note);
        return;
    }
  }

  #arm(id: TimerId, at: number): void {
    this.#clear(id);
    // It is asked for the time, or does not ask.
    if (id === "clockSync" && this.#clockSync.resyncsLeft === 0) return;
    const { scheduler } = this.#parts;
    const run = () => {
      this.#timers.delete(id);
      this.#run(() => this.#timer(id));
    };
    this.#timers.set(id, scheduler.schedule(Math.max(at, scheduler.now), run));
  }

  #clear(id: TimerId): void {
    const timer = this.#timers.get(id);
    if (timer !== undefined) this.#parts.scheduler.cancel(timer);
    this.#timers.delete(id);
  }

  #later(delayUs: number, run: () => void): void {
    const { scheduler } = this.#parts;
    const scheduled = scheduler.schedule(scheduler.now + delayUs, () => {
      this.#delayed.delete(scheduled);
      run();
    });
    this.#delayed.add(scheduled);
  }

  #say(saying: Saying): void {
    if (saying.type === "answer") this.#hold(saying.fPort, () => saying.payload);
    if (saying.type === "appTimeReq") {
      const request = buildAppTimeReq(this.#clockSync, OWN_CLOCK, this.#io);
      this.#hold(CLOCK_SYNC_PORT, () => request);
    }
    if (saying.type === "mcSessionAns") {
      const config = this.#multicastConfig;
      this.#hold(MULTICAST_SETUP_PORT, () => buildMcSessionAns(saying, config, this.#io));
    }
    if (saying.type === "fragStatusAns") {
      const { fragIndex } = saying;
      const answer = buildFragStatusAns(this.#fragmentation, fragIndex, this.#fragConfig);
      if (answer !== undefined) this.#hold(FRAG_PORT, () => answer);
    }
  }

  #hold(fPort: number, build: () => Uint8Array): void {
    this.#said.set(fPort, [...(this.#said.get(fPort) ?? []), build]);
  }

  get #fragConfig() {
    return ownFragmentation(this.#parts.appKey());
  }

  get #multicastConfig() {
    return ownMulticastSetup(this.#parts.appKey(), this.#parts.limits);
  }

  /** Whether the group is one that the block names is not looked at (LmhpFragmentation.c). */
  #sourceOf(isMulticast: boolean): DownlinkSource {
    if (!isMulticast) return { type: "unicast" };
    const groupId = this.#multicast.groups.findIndex((group) => group !== undefined);
    return { type: "multicast", groupId, fCnt: 0 };
  }
}
