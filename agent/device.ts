import type { GpsSeconds, UptimeUs } from "#hal/ports.ts";
import { Activation } from "./activation.ts";
import { DeviceClock } from "./clock.ts";
import type { DeviceConfig } from "./config.ts";
import {
  DeviceIo,
  type DeviceLife,
  type DevicePorts,
  succeeds,
  versionNumber,
} from "./device-io.ts";
import type { DeviceEffect, DeviceEvent, DownlinkSource, RebootReason, TimerId } from "./events.ts";
import type { Remembered } from "./memory.ts";
import { type PackageConfigs, packageConfigs } from "./package-configs.ts";
import { type ClockSyncEvent, newClockSyncState, stepClockSync } from "./packages/clock-sync.ts";
import { CLOCK_SYNC_PORT } from "./packages/clock-sync.wire.ts";
import {
  type FirmwareManagementEvent,
  newFirmwareManagementState,
  stepFirmwareManagement,
} from "./packages/firmware-management.ts";
import { FIRMWARE_MANAGEMENT_PORT } from "./packages/firmware-management.wire.ts";
import { resumeSession } from "./packages/frag-reception.ts";
import { type FragSession, newFragmentationState } from "./packages/frag-session.ts";
import { armReceivedReq } from "./packages/frag-timers.ts";
import {
  type FragmentationEvent,
  stepFragmentation,
  takeFragDownlink,
} from "./packages/fragmentation.ts";
import { FRAG_PORT } from "./packages/fragmentation.wire.ts";
import {
  acceptMcFCnt,
  type MulticastSetupEvent,
  stepMulticastSetup,
} from "./packages/multicast-setup.ts";
import { MULTICAST_SETUP_PORT } from "./packages/multicast-setup.wire.ts";
import { newMulticastSetupState } from "./packages/multicast-state.ts";
import { buildUplink, type SpeechParts } from "./speech.ts";
import { type DeviceStatus, statusOf } from "./status.ts";
import { TIMERS } from "./timers.ts";
import { isImageUndecided, takeImage } from "./update.ts";
import { Uplinks } from "./uplinks.ts";

export type { DeviceLife, DevicePorts } from "./device-io.ts";

type Downlink = Extract<DeviceEvent, { type: "downlink" }>;

const S_US = 1_000_000;

/**
 * The end device, in one life: a sans-IO machine over a flash that outlives it.
 *
 * Whatever comes by the air is answered as the specifications say or ignored. A port that loses
 * power throws `PowerLoss` through {@link step}; then the object is dead and a new one takes over
 * from what flash and boot record say.
 */
export class Device {
  readonly #config: DeviceConfig;
  readonly #ports: DevicePorts;
  readonly #life: DeviceLife;
  readonly #packages: PackageConfigs;
  readonly #state: Remembered = {
    multicast: newMulticastSetupState(),
    clockSync: newClockSyncState(),
    fragmentation: newFragmentationState(),
  };
  readonly #firmware = newFirmwareManagementState();
  readonly #uplinks: Uplinks;
  readonly #activation: Activation;
  readonly #speech: SpeechParts;
  readonly #io: DeviceIo;
  #isJoined = false;

  constructor(config: DeviceConfig, ports: DevicePorts, life: DeviceLife) {
    const { decision, rtcGps, rtcSynced } = life;
    this.#config = config;
    this.#ports = ports;
    this.#life = life;
    this.#packages = packageConfigs(config, versionNumber(decision.image));
    this.#uplinks = new Uplinks(config.heartbeatS, config.trialDeadlineS);
    this.#activation = new Activation(config.activation);
    this.#speech = {
      uplinks: this.#uplinks,
      activation: this.#activation,
      state: this.#state,
      packages: this.#packages,
      quirks: config.quirks,
    };
    const clock = new DeviceClock(rtcGps, 0, rtcSynced);
    this.#io = new DeviceIo(config, ports, { ...this.#speech, clock }, decision);
    this.#io.memory.load(config.quirks.forgetsSessionCnt);
  }

  /** Returned array is reused by the next step. */
  step(event: DeviceEvent): readonly DeviceEffect[] {
    const io = this.#io;
    io.at = event.at;
    if (io.effects.length > 0) io.effects.length = 0;
    switch (event.type) {
      case "boot":
        this.#boot();
        break;
      case "joined":
        this.#isJoined = true;
        this.#stepClock({ type: "joined" });
        this.#uplinks.joined(io.isTrial, io);
        break;
      case "downlink":
        this.#downlink(event);
        break;
      case "contact":
        this.#contact(event.morePending);
        break;
      case "uplinkReady":
        this.#uplinkReady(event.payloadMaxBytes);
        break;
      case "uplinkDone":
        this.#uplinkDone();
        break;
      case "timer":
        this.#timer(event.id);
        break;
      case "say":
        io.say({ type: "answer", fPort: event.fPort, payload: event.payload });
        break;
      default:
        event satisfies never;
    }
    return io.effects;
  }

  clockAt(at: UptimeUs): { readonly gps: GpsSeconds; readonly synced: boolean } {
    const { clock } = this.#io;
    return { gps: clock.gps(at), synced: clock.synced };
  }

  status(): DeviceStatus {
    const device = {
      joined: this.#isJoined,
      clockSynced: this.#io.clock.synced,
      boot: this.#ports.boot.report(),
    };
    return statusOf(this.#state, device, this.#life.decision);
  }

  #boot(): void {
    const io = this.#io;
    const { report } = this.#life.decision;
    io.effects.push({ type: "note", note: { type: "booted", report } });
    io.effects.push({ type: "join" });
    if (io.isTrial) {
      const at = io.at + this.#config.trialDeadlineS * S_US;
      io.effects.push({ type: "setTimer", id: "trialDeadline", at });
    }
    const isAwaited = this.#state.multicast.groups.some((group) => group?.session !== undefined);
    this.#stepClock({ type: "boot", isAwaited });
    this.#stepMulticast({ type: "boot" });
    for (const session of this.#state.fragmentation.sessions) {
      if (session !== undefined) this.#resume(session);
    }
  }

  #resume(session: FragSession): void {
    const io = this.#io;
    const { fragmentation } = this.#state;
    const done = resumeSession(fragmentation, session, this.#packages.fragmentation, io);
    if (done !== undefined) this.#blockComplete(done);
    else if (isImageUndecided(session, io)) this.#blockComplete(session);
    if (session.phase === "complete") armReceivedReq(session, io);
  }

  #downlink({ fPort, payload, source, morePending }: Downlink): void {
    if (source.type === "multicast") {
      if (!acceptMcFCnt(this.#state.multicast, source.groupId, source.fCnt)) return;
      const { memory } = this.#io;
      memory.beginFrame();
      if (fPort === FRAG_PORT) this.#multicastFragment(payload, source);
      memory.endFrame(source.groupId, source.fCnt);
      return;
    }
    this.#contact(morePending);
    switch (fPort) {
      case MULTICAST_SETUP_PORT:
        this.#stepMulticast({ type: "downlink", payload, source });
        break;
      case FRAG_PORT:
        this.#stepFragmentation({ type: "downlink", payload, source });
        break;
      case CLOCK_SYNC_PORT:
        this.#stepClock({ type: "downlink", payload, source });
        break;
      case FIRMWARE_MANAGEMENT_PORT:
        this.#stepFirmware({ type: "downlink", payload, source });
        break;
    }
  }

  #multicastFragment(payload: Uint8Array, source: DownlinkSource): void {
    const { fragmentation } = this.#state;
    const config = this.#packages.fragmentation;
    const done = takeFragDownlink(fragmentation, payload, source, config, this.#io);
    if (done !== undefined) this.#blockComplete(done);
  }

  /** The server answered something of this life: what a new image has to prove. */
  #contact(morePending: boolean): void {
    const io = this.#io;
    this.#uplinks.heard(morePending);
    if (!io.isTrial || !succeeds(() => io.boot.confirm())) return;
    io.isTrial = false;
    this.#uplinks.confirmed();
    io.effects.push({ type: "clearTimer", id: "trialDeadline" });
    io.effects.push({ type: "note", note: { type: "confirmed" } });
  }

  #uplinkReady(payloadMaxBytes: number): void {
    const { fPort, payload } = buildUplink(this.#speech, payloadMaxBytes, this.#io);
    // Before a reboot of its own accord: the server asks for the status once, and has to get it.
    const confirmed = this.#io.isTrial || this.#activation.isDue;
    this.#io.effects.push({ type: "uplink", fPort, payload, confirmed });
  }

  #uplinkDone(): void {
    if (this.#uplinks.isQuiet && this.#activation.isDue) this.#reboot("activate");
    else this.#uplinks.done(this.#io);
  }

  #timer(id: TimerId): void {
    const [family, index] = TIMERS[id];
    switch (family) {
      case "clockSync":
        this.#stepClock({ type: "timer" });
        break;
      case "fragAnswer":
        this.#stepFragmentation({ type: "answerTimer", fragIndex: index });
        break;
      case "fragReceived":
        this.#stepFragmentation({ type: "receivedTimer", fragIndex: index });
        break;
      case "multicast":
        this.#stepMulticast({ type: "timer", mcGroupId: index });
        break;
      case "heartbeat":
        this.#uplinks.heartbeat(this.#io);
        break;
      case "activation":
        if (this.#activation.timer()) this.#reboot("activate");
        break;
      case "reboot":
        this.#stepFirmware({ type: "timer" });
        break;
      case "trialDeadline":
        if (this.#io.isTrial) this.#reboot("trialDeadline");
        break;
      default:
        family satisfies never;
    }
  }

  #reboot(reason: RebootReason): void {
    this.#io.effects.push({ type: "reboot", reason });
  }

  #stepClock(event: ClockSyncEvent): void {
    const { clockSync } = this.#state;
    const isCorrected = stepClockSync(clockSync, event, this.#packages.clockSync, this.#io);
    if (!isCorrected) return;
    this.#stepMulticast({ type: "clockCorrected" });
    this.#stepFirmware({ type: "clockCorrected" });
    this.#activation.clockCorrected(this.#io);
  }

  #stepMulticast(event: MulticastSetupEvent): void {
    const { multicast, clockSync } = this.#state;
    const needsTime = stepMulticastSetup(multicast, event, this.#packages.multicastSetup, this.#io);
    if (needsTime) {
      stepClockSync(clockSync, { type: "syncRequired" }, this.#packages.clockSync, this.#io);
    }
    const isOpen = multicast.groups.some((group) => group?.session?.isOpen === true);
    this.#uplinks.setWindow(isOpen, this.#io);
  }

  #stepFragmentation(event: FragmentationEvent): void {
    const { fragmentation } = this.#state;
    const done = stepFragmentation(fragmentation, event, this.#packages.fragmentation, this.#io);
    if (done !== undefined) this.#blockComplete(done);
  }

  #stepFirmware(event: FirmwareManagementEvent): void {
    const { firmwareManagement } = this.#packages;
    stepFirmwareManagement(this.#firmware, event, firmwareManagement, this.#io);
  }

  #blockComplete(session: FragSession): void {
    const isStaged = takeImage(session, this.#config, this.#ports, this.#life, this.#io);
    if (isStaged) this.#activation.begin(session, this.#io);
  }
}
