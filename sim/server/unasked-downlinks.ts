import type { Crypto } from "#hal/ports.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { DownlinkRequest, GatewayUplink } from "#sim/air/frames.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { beaconTimeAt, hoppingHz, nextPingSlotUs } from "#sim/mac/beacon-timing.ts";
import { sealDownlink } from "./downlink-frame.ts";
import type { QueueItem, ServerDevice, ServerSession } from "./server-device.ts";

/** After an uplink class A has its turn, and after a downlink the device its own (ChirpStack v4). */
const LOCK_US = 5_000_000;
/** A ping slot is no sooner, so that its frame is at the gateway in time (ChirpStack v4). */
const PING_SLOT_AHEAD_US = 1_000_000;
const NOTHING_ELSE = { ack: false, adr: false, fOpts: new Uint8Array(0) };

interface DownlinkIo {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  gpsUsAt(at: WorldUs): number;
  /** Tells whoever watches; returns whom to tell what became of it. */
  onDownlink(device: ServerDevice, item: QueueItem): ((isSent: boolean) => void) | undefined;
  transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void;
}

/** When a device may be sent to, and through which gateway. */
interface Reach {
  gateway: number | undefined;
  freeFromUs: WorldUs;
  /** Its turn comes, or its downlink waits at the gateway. */
  isPlanned: boolean;
}

/**
 * Sends to devices without waiting for their uplinks: at once to those that always listen, in their ping
 * slots to those of class B.
 */
export class UnaskedDownlinks {
  readonly #region: Region;
  readonly #io: DownlinkIo;
  readonly #reach = new Map<ServerDevice, Reach>();

  constructor(region: Region, io: DownlinkIo) {
    this.#region = region;
    this.#io = io;
  }

  onUplink(device: ServerDevice, { gateway, endUs }: GatewayUplink): void {
    const reach = this.#reach.get(device) ?? { gateway, freeFromUs: 0, isPlanned: false };
    this.#reach.set(device, reach);
    reach.gateway = gateway;
    reach.freeFromUs = endUs + LOCK_US;
    this.wake(device);
  }

  /** Something may be there to send. Before its first uplink a device is not reached. */
  wake(device: ServerDevice): void {
    const reach = this.#reach.get(device);
    if (reach === undefined || reach.isPlanned) return;
    const { session, queue } = device;
    if (session === undefined || !isReachable(session) || queue.length === 0) return;
    reach.isPlanned = true;
    const { scheduler } = this.#io;
    scheduler.schedule(Math.max(scheduler.now, reach.freeFromUs), () => {
      reach.isPlanned = false;
      this.#send(device, reach);
    });
  }

  #send(device: ServerDevice, reach: Reach): void {
    const { session, queue } = device;
    const { scheduler, crypto, transmit, onDownlink } = this.#io;
    const [item] = queue;
    if (session === undefined || item === undefined || reach.freeFromUs > scheduler.now) {
      this.wake(device);
      return;
    }
    const { phyPayload, onSent } = sealDownlink(device, session, NOTHING_ELSE, crypto);
    const onSeen = onDownlink(device, item);
    const window = this.#windowOf(session);
    reach.freeFromUs = window.timing.type === "at" ? window.timing.us : scheduler.now + LOCK_US;
    reach.isPlanned = true;
    transmit({ gateway: reach.gateway, phyPayload, ...window }, (isSent) => {
      reach.isPlanned = false;
      onSeen?.(isSent);
      if (isSent) onSent();
      this.wake(device);
    });
  }

  /** Where and when it listens next. */
  #windowOf({ devAddr, pingPeriodicity, isClassC }: ServerSession): Window {
    const { rx2, classB } = this.#region;
    if (isClassC || pingPeriodicity === undefined) {
      return { ...rx2, timing: { type: "immediately" } };
    }
    const { scheduler, crypto, gpsUsAt } = this.#io;
    const group = { address: devAddr, periodicity: pingPeriodicity };
    const slotUs = nextPingSlotUs(gpsUsAt(scheduler.now) + PING_SLOT_AHEAD_US, group, crypto);
    const { dr, frequenciesHz } = classB.pingSlot;
    const frequencyHz = hoppingHz(frequenciesHz, beaconTimeAt(slotUs), devAddr);
    return { dr, frequencyHz, timing: { type: "at", us: slotUs - gpsUsAt(0) } };
  }
}

type Window = Pick<DownlinkRequest, "dr" | "frequencyHz" | "timing">;

function isReachable({ isClassC, isClassB, pingPeriodicity }: ServerSession): boolean {
  return isClassC || (isClassB && pingPeriodicity !== undefined);
}
