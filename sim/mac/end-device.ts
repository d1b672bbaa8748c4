import type { DeviceEffect } from "#agent/events.ts";
import { energyJ, type RadioTime } from "#sim/air/energy.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { ClassB, OWN_SLOTS } from "./class-b.ts";
import { isDataMicValid, openFOpts, openPayload } from "./data-security.ts";
import { type DataFrame, fullFCnt } from "./frame.ts";
import { frameMemo } from "./frame-memo.ts";
import { FIRST_DELAY_US, Joining } from "./joining.ts";
import { MacAnswers } from "./mac-answers.ts";
import { executeMacCommands } from "./mac-commands.ts";
import type { MacConfig, MacIo, MacParts } from "./mac-parts.ts";
import { MulticastGroups } from "./multicast.ts";
import { type McEffect, performMulticast } from "./multicast-effects.ts";
import { wordOf } from "./network-word.ts";
import { defaultChannels, type MacNvm, type MacSession, personalizedSession } from "./nvm.ts";
import { hearsBeacon, openOwnSlots } from "./own-slots.ts";
import { Radio, type Tuning } from "./radio.ts";
import { TRAITS } from "./revision.ts";
import { unicastEvent } from "./unicast-event.ts";
import { Uplinks } from "./uplinks.ts";

export type { MacConfig, MacEvent, MacIo, ModemEvent } from "./mac-parts.ts";
export type { MacNvm } from "./nvm.ts";

export function newMacNvm(): MacNvm {
  return { devNonce: 0, joinNonce: -1, session: undefined };
}

/** What a device asks of its modem. */
export type MacEffect =
  | McEffect
  | Extract<DeviceEffect, { type: "join" | "requestUplink" | "uplink" }>;

/**
 * LoRaWAN end device (TS001 1.0.2 to 1.1): class A, B and C, multicast in class C windows and in class B.
 *
 * Runs on the world's clock. Events are emitted from scheduled work and from {@link receive}, never
 * from within {@link perform}, so that a device's step is not entered twice.
 */
export class EndDeviceMac {
  readonly #radio: Radio;
  readonly #groups: MulticastGroups;
  readonly #io: MacIo;
  readonly #parts: MacParts;
  readonly #joining: Joining;
  readonly #uplinks: Uplinks;
  readonly #classB: ClassB;
  /** Counts resets: what was begun in another life is not finished in this one. */
  #life = 0;

  constructor(config: MacConfig, io: MacIo, nvm: MacNvm) {
    const { regional, uplinkDr } = config;
    const carries = defaultChannels(regional).some(
      ({ drMin, drMax, enabled }) => enabled && drMin <= uplinkDr && uplinkDr <= drMax,
    );
    if (!carries) throw new RangeError(`the default channels do not carry DR${uplinkDr}`);
    this.#io = io;
    this.#radio = new Radio(regional.region);
    const { gpsAtStart = 0, driftPpm = 0 } = config;
    this.#classB = new ClassB({ region: regional.region, gpsAtStart, driftPpm }, io.crypto);
    const answers = new MacAnswers();
    this.#parts = { config, io, nvm, radio: this.#radio, answers, classB: this.#classB };
    this.#groups = new MulticastGroups(io.crypto);
    this.#uplinks = new Uplinks(this.#parts, () => this.#startAnew());
    this.#joining = new Joining(this.#parts, (session) => {
      this.#sayMode(session);
      this.#onJoined();
    });
  }

  perform(effect: MacEffect): void {
    switch (effect.type) {
      case "join":
        this.#join();
        break;
      case "requestUplink":
        this.#uplinks.request();
        break;
      case "uplink":
        this.#uplinks.send(effect.fPort, effect.payload, effect.confirmed);
        break;
      default:
        if (performMulticast(effect, this.#groups, this.#classB, this.#io.scheduler.now)) {
          this.#tune();
        }
    }
  }

  /**
   * Whether a receiver was open for the whole of a downlink: on its frequency and data rate, and
   * without an uplink of our own meanwhile. To be asked when the downlink ends.
   */
  hears(downlink: AirDownlink): boolean {
    if (this.#radio.hears(downlink)) return true;
    return this.#classB.isActive && this.#radio.isFreeFor(downlink) && this.#classB.hears(downlink);
  }

  /** Whether it is in the multicast group of this address. */
  isInGroup(mcAddr: number): boolean {
    return this.#groups.has(mcAddr);
  }

  /** Whether it looks for beacons, or listens to them. */
  get isClassB(): boolean {
    return this.#classB.isActive;
  }

  /** A beacon that is over now, and was heard if there are bytes. Returns whether class B was just lost. */
  onBeacon(bytes: Uint8Array | undefined, startUs: WorldUs): boolean {
    const { config, nvm } = this.#parts;
    const isTuned = hearsBeacon(config, nvm.session, startUs);
    return this.#classB.onBeacon(isTuned ? bytes : undefined, startUs, this.#io.scheduler.now);
  }

  /**
   * Takes a downlink that was heard and not lost, when it ends. Any bytes will do. Returns what became
   * of a data frame to the device alone; undefined: it is none.
   */
  receive(downlink: AirDownlink): "taken" | "refused" | undefined {
    const frame = frameMemo.parse(downlink.phyPayload);
    if (frame.type === "joinAccept") {
      this.#joining.receive(downlink);
      return undefined;
    }
    if (frame.type !== "data" || frame.direction !== "down") return undefined;
    const multicast = this.#groups.receive(downlink, frame);
    if (multicast !== undefined) {
      this.#io.emit(multicast);
      return undefined;
    }
    const { session } = this.#parts.nvm;
    if (session?.devAddr !== frame.devAddr) return undefined;
    return this.#takesUnicast(downlink, frame, session) ? "taken" : "refused";
  }

  /** A reset, or the supply is gone: timers, windows and groups are forgotten, the NVM is not. */
  reset(): void {
    this.#life += 1;
    this.#joining.reset();
    this.#uplinks.reset();
    this.#groups.clear();
    this.#classB.reset(this.#io.scheduler.now);
    this.#parts.answers.clear();
    this.#radio.reset(this.#io.scheduler.now);
  }

  /** Of the session; undefined before the first join. */
  get devAddr(): number | undefined {
    return this.#parts.nvm.session?.devAddr;
  }

  /** Puts a question into the next uplink; whoever listens to the air reads the answer. */
  ask(name: "LinkCheckReq" | "DeviceTimeReq"): void {
    this.#parts.answers.say({ name });
  }

  /** When duty cycle allows the next uplink; undefined before the first join. */
  get earliestUplinkUs(): WorldUs | undefined {
    return this.#uplinks.earliestUs;
  }

  radioTime(now: WorldUs): RadioTime {
    const time = this.#radio.time(now);
    return { ...time, rxUs: time.rxUs + this.#classB.rxUsAt(now) };
  }

  /** Joules since `fromUs`, before which it did nothing; what is not radio time counts as sleep. */
  energyJ(now: WorldUs, fromUs: WorldUs): number {
    return energyJ(this.radioTime(now), now - fromUs, this.#parts.config.currents);
  }

  #join(): void {
    const { nvm, config } = this.#parts;
    const isKnown = nvm.session !== undefined;
    if (!isKnown && config.abp === undefined) {
      this.#joining.start();
      return;
    }
    const { scheduler, entropy } = this.#io;
    const life = this.#life;
    // devices that need not join, switched on at once, would all speak at once
    const pauseUs = isKnown ? 0 : entropy.below("joinDelay", FIRST_DELAY_US);
    scheduler.schedule(scheduler.now + pauseUs, () => {
      if (life !== this.#life) return;
      if (config.abp !== undefined && nvm.session === undefined) {
        nvm.session = personalizedSession(config.abp, config.uplinkDr, config.regional);
        this.#sayMode(nvm.session);
      }
      this.#onJoined();
    });
  }

  /**
   * Frame counters are used once (TS001 1.0.4 §4.3.1.5): a session without any left is over. A device
   * that cannot join falls silent.
   */
  #startAnew(): void {
    if (this.#parts.config.abp !== undefined) return;
    this.#parts.nvm.session = undefined;
    this.#classB.close(OWN_SLOTS, this.#io.scheduler.now);
    this.#tune();
    this.#joining.start();
  }

  /** A server of 1.1 takes a device for class A until it says otherwise (TS001 1.1, DeviceModeInd). */
  #sayMode(session: MacSession): void {
    session.modePending = this.#isClassC && session.keys.lorawan === "1.1";
  }

  get #isClassC(): boolean {
    return this.#parts.config.unicastClass === "C";
  }

  #onJoined(): void {
    this.#tune();
    openOwnSlots(this.#parts);
    this.#io.emit({ type: "joined" });
    this.#uplinks.plan();
  }

  #tune(): void {
    const { now } = this.#io.scheduler;
    const tuning = this.#groups.tuning ?? this.#rxc;
    if (tuning === undefined) this.#radio.stopListening(now);
    else this.#radio.listen(tuning, now);
  }

  /** Where class C listens; a multicast session takes its place. */
  get #rxc(): Tuning | undefined {
    const { session } = this.#parts.nvm;
    if (!this.#isClassC || session === undefined) return undefined;
    return { frequencyHz: session.rx2FrequencyHz, dr: session.rx2Dr };
  }

  /** Whether its counter is new and its MIC right. */
  #takesUnicast(downlink: AirDownlink, frame: DataFrame, session: MacSession): boolean {
    const { keys } = session;
    const isApplication = keys.lorawan === "1.1" && (frame.fPort ?? 0) > 0;
    const atLeast = isApplication ? session.aFCntDown : session.nFCntDown;
    const fCnt = fullFCnt(atLeast, frame.fCntLow);
    const { fCntGapMax } = TRAITS[this.#parts.config.lorawan];
    if (fCnt === undefined || fCnt + 1 - atLeast >= fCntGapMax) return false;
    const confFCnt = this.#uplinks.confirmedFCnt;
    const context = { fCnt, confFCnt: confFCnt ?? 0 };
    if (!isDataMicValid(downlink.phyPayload, frame, keys, context, this.#io.crypto)) return false;
    if (isApplication) session.aFCntDown = fCnt + 1;
    else session.nFCntDown = fCnt + 1;

    const isClassA = this.#radio.isAnswer(downlink);
    if (isClassA) this.#onClassA(session);
    const isAnswer = this.#uplinks.isSending && isClassA;
    if (isAnswer) this.#uplinks.endExchange(downlink);
    if (frame.confirmed) this.#uplinks.acknowledge(fCnt, isClassA);
    const payload = openPayload(frame, fCnt, keys, this.#io.crypto);
    this.#executeCommands(frame, fCnt, payload, session, isClassA);
    openOwnSlots(this.#parts);
    if (this.#isClassC) this.#tune();
    this.#io.emit(unicastEvent(frame, payload));
    if (isAnswer) this.#uplinks.settle(frame.ack);
    return true;
  }

  /** The server has heard the last uplink. */
  #onClassA(session: MacSession): void {
    session.adrAckCnt = 0;
    this.#parts.answers.onDownlink();
  }

  #executeCommands(
    frame: DataFrame,
    fCnt: number,
    payload: Uint8Array,
    session: MacSession,
    isClassA: boolean,
  ): void {
    const { answers } = this.#parts;
    const commands =
      frame.fPort === 0 ? payload : openFOpts(frame, fCnt, session.keys, this.#io.crypto);
    const { regional } = this.#parts.config;
    for (const answer of executeMacCommands(commands, session, answers, regional, isClassA)) {
      this.#io.emit(wordOf(answer, this.#radio.sentUs));
    }
  }
}
