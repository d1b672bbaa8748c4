import type { Crypto } from "#hal/ports.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { DownlinkRequest, GatewayUplink } from "#sim/air/frames.ts";
import type { Scheduler, WorldUs } from "#sim/kernel/engine.ts";
import { sealDownlink } from "./downlink-frame.ts";
import type { ServerDevice } from "./server-device.ts";

/** After an uplink class A has its turn, and after a downlink the device its own (ChirpStack v4). */
const LOCK_US = 5_000_000;
const NOTHING_ELSE = { ack: false, adr: false, fOpts: new Uint8Array(0) };

interface ClassCIo {
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void;
}

/** When a device may be sent to, and through which gateway. */
interface Reach {
  gateway: number | undefined;
  freeFromUs: WorldUs;
  /** Its turn comes, or its downlink waits at the gateway. */
  isPlanned: boolean;
}

/** Sends to devices that always listen, without waiting for their uplinks. */
export class ClassCDownlinks {
  readonly #region: Region;
  readonly #io: ClassCIo;
  readonly #reach = new Map<ServerDevice, Reach>();

  constructor(region: Region, io: ClassCIo) {
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
    if (device.session?.isClassC !== true || device.queue.length === 0) return;
    reach.isPlanned = true;
    const { scheduler } = this.#io;
    scheduler.schedule(Math.max(scheduler.now, reach.freeFromUs), () => {
      reach.isPlanned = false;
      this.#send(device, reach);
    });
  }

  #send(device: ServerDevice, reach: Reach): void {
    const { session, queue } = device;
    const { scheduler, crypto, transmit } = this.#io;
    if (session === undefined || queue.length === 0 || reach.freeFromUs > scheduler.now) {
      this.wake(device);
      return;
    }
    const { phyPayload, onSent } = sealDownlink(device, session, NOTHING_ELSE, crypto);
    const timing = { type: "immediately" } as const;
    reach.freeFromUs = scheduler.now + LOCK_US;
    reach.isPlanned = true;
    transmit({ gateway: reach.gateway, phyPayload, ...this.#region.rx2, timing }, (isSent) => {
      reach.isPlanned = false;
      if (isSent) onSent();
      this.wake(device);
    });
  }
}
