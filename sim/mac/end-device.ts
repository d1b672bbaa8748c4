import type { DeviceEffect, DownlinkSource } from "#agent/events.ts";
import { energyJ, type RadioTime } from "#sim/air/energy.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import type { WorldUs } from "#sim/kernel/engine.ts";
import { ClassB } from "./class-b.ts";
import { isDataMicValid, openFOpts, openPayload } from "./data-security.ts";
import { type DataFrame, fullFCnt } from "./frame.ts";
import { frameMemo } from "./frame-memo.ts";
import { Joining } from "./joining.ts";
import { MacAnswers } from "./mac-answers.ts";
import { executeMacCommands } from "./mac-commands.ts";
import type { MacConfig, MacIo, MacParts } from "./mac-parts.ts";
import { MulticastGroups } from "./multicast.ts";
import { defaultChannels, type MacNvm, type MacSession } from "./nvm.ts";
import { Radio } from "./radio.ts";
import { Uplinks } from "./uplinks.ts";

export type { MacConfig, MacEvent, MacIo } from "./mac-parts.ts";
export type { MacNvm } from "./nvm.ts";

export function newMacNvm(): MacNvm {
  return { devNonce: 0, joinNonce: -1, session: undefined };
}

/** What a device asks of its modem. */
export type MacEffect = Extract<
  DeviceEffect,
  {
    type:
      | "join"
      | "requestUplink"
      | "uplink"
      | "setMcGroup"
      | "deleteMcGroup"
      | "startClassC"
      | "stopClassC"
      | "startClassB"
      | "stopClassB";
  }
>;

/**
 * LoRaWAN end device (TS001 1.0.4 and 1.1): class A, multicast in class C windows and in class B.
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
    this.#parts = { config, io, nvm, radio: this.#radio, answers: new MacAnswers() };
    this.#groups = new MulticastGroups(io.crypto);
    this.#uplinks = new Uplinks(this.#parts);
    const { gpsAtStart = 0, driftPpm = 0 } = config;
    this.#classB = new ClassB({ region: regional.region, gpsAtStart, driftPpm }, io.crypto);
    this.#joining = new Joining(this.#parts, () => this.#onJoined());
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
      case "setMcGroup":
        this.#classB.close(effect.groupId, this.#io.scheduler.now);
        this.#groups.set(effect);
        this.#tune();
        break;
      case "deleteMcGroup":
        this.#classB.close(effect.groupId, this.#io.scheduler.now);
        this.#groups.delete(effect.groupId);
        this.#tune();
        break;
      case "startClassC":
        this.#groups.open(effect.groupId, { frequencyHz: effect.frequencyHz, dr: effect.dr });
        this.#tune();
        break;
      case "stopClassC":
        this.#groups.close(effect.groupId);
        this.#tune();
        break;
      case "startClassB": {
        const { groupId, frequencyHz, dr, periodicity } = effect;
        const mcAddr = this.#groups.openSlots(groupId, { frequencyHz, dr });
        const group = { mcAddr, frequencyHz, dr, periodicity };
        this.#classB.open(groupId, group, this.#io.scheduler.now);
        break;
      }
      case "stopClassB":
        this.#classB.close(effect.groupId, this.#io.scheduler.now);
        this.#groups.close(effect.groupId);
        break;
      default:
        effect satisfies never;
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

  /** Whether it looks for beacons, or listens to them. */
  get isClassB(): boolean {
    return this.#classB.isActive;
  }

  /** A beacon that is over now, and was heard if there are bytes. Returns whether class B was just lost. */
  onBeacon(bytes: Uint8Array | undefined, startUs: WorldUs): boolean {
    return this.#classB.onBeacon(bytes, startUs, this.#io.scheduler.now);
  }

  /** Takes a downlink that was heard and not lost, when it ends. Any bytes will do. */
  receive(downlink: AirDownlink): void {
    const frame = frameMemo.parse(downlink.phyPayload);
    if (frame.type === "joinAccept") {
      this.#joining.receive(downlink);
      return;
    }
    if (frame.type !== "data" || frame.direction !== "down") return;
    const multicast = this.#groups.receive(downlink, frame);
    if (multicast !== undefined) {
      this.#io.emit(multicast);
      return;
    }
    const { session } = this.#parts.nvm;
    if (session?.devAddr === frame.devAddr) this.#receiveUnicast(downlink, frame, session);
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
    if (this.#parts.nvm.session === undefined) {
      this.#joining.start();
      return;
    }
    const { scheduler } = this.#io;
    const life = this.#life;
    scheduler.schedule(scheduler.now, () => {
      if (life === this.#life) this.#io.emit({ type: "joined" });
    });
  }

  #onJoined(): void {
    this.#io.emit({ type: "joined" });
    this.#uplinks.plan();
  }

  #tune(): void {
    const { now } = this.#io.scheduler;
    const { tuning } = this.#groups;
    if (tuning === undefined) this.#radio.stopListening(now);
    else this.#radio.listen(tuning, now);
  }

  #receiveUnicast(downlink: AirDownlink, frame: DataFrame, session: MacSession): void {
    const { keys } = session;
    const isApplication = keys.lorawan === "1.1" && (frame.fPort ?? 0) > 0;
    const atLeast = isApplication ? session.aFCntDown : session.nFCntDown;
    const fCnt = fullFCnt(atLeast, frame.fCntLow);
    if (fCnt === undefined) return;
    const confFCnt = this.#uplinks.confirmedFCnt;
    const context = { fCnt, confFCnt: confFCnt ?? 0 };
    if (!isDataMicValid(downlink.phyPayload, frame, keys, context, this.#io.crypto)) return;
    if (isApplication) session.aFCntDown = fCnt + 1;
    else session.nFCntDown = fCnt + 1;

    const isAnswer = this.#uplinks.isSending && this.#radio.isAnswer(downlink);
    if (isAnswer) this.#uplinks.endExchange(downlink);
    if (frame.confirmed) this.#uplinks.acknowledge(fCnt);
    const payload = openPayload(frame, fCnt, keys, this.#io.crypto);
    this.#executeCommands(frame, fCnt, payload, session);
    this.#emitUnicast(frame, payload);
    if (isAnswer) this.#uplinks.settle(frame.ack);
  }

  #executeCommands(frame: DataFrame, fCnt: number, payload: Uint8Array, session: MacSession): void {
    const { answers } = this.#parts;
    const commands =
      frame.fPort === 0 ? payload : openFOpts(frame, fCnt, session.keys, this.#io.crypto);
    answers.onDownlink();
    executeMacCommands(commands, session, answers, this.#parts.config.regional);
  }

  #emitUnicast(frame: DataFrame, payload: Uint8Array): void {
    const morePending = frame.fPending;
    const { fPort } = frame;
    if (fPort === undefined || fPort === 0) {
      this.#io.emit({ type: "contact", morePending });
      return;
    }
    this.#io.emit({ type: "downlink", fPort, payload, source: UNICAST, morePending });
  }
}

const UNICAST: DownlinkSource = { type: "unicast" };
