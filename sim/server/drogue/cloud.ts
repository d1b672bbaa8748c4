import type { Scheduler } from "#sim/kernel/engine.ts";
import { type DrogueDevice, DrogueRegistry } from "./registry.ts";

/** What a device, or its gateway, has said on a channel. */
export interface DrogueEvent {
  readonly device: DrogueDevice;
  readonly sender: DrogueDevice;
  readonly channel: string;
  readonly contentType: string | undefined;
  readonly payload: Uint8Array;
}

export type OnCommand = (device: DrogueDevice, name: string, payload: Uint8Array) => void;

export interface DrogueCloudOptions {
  readonly scheduler: Scheduler;
  /** Unix time when the world began. */
  readonly originUnixMs: number;
}

/**
 * The part of Drogue IoT that updates go through, sans-IO: devices send events, somebody who listens to
 * an application's answers with commands. A command reaches those who listen at that moment, and nobody
 * later.
 */
export class DrogueCloud {
  readonly options: DrogueCloudOptions;
  readonly registry: DrogueRegistry;
  readonly #applications = new Set<(event: DrogueEvent) => void>();
  readonly #byDevice = new Map<DrogueDevice, Set<OnCommand>>();
  readonly #ofAll = new Set<OnCommand>();

  constructor(options: DrogueCloudOptions) {
    this.options = options;
    this.registry = new DrogueRegistry(() => this.nowUnixMs);
  }

  get nowUnixMs(): number {
    const { originUnixMs, scheduler } = this.options;
    return originUnixMs + Math.floor(scheduler.now / 1000);
  }

  /** The events of all devices. */
  onEvent(listener: (event: DrogueEvent) => void): void {
    this.#applications.add(listener);
  }

  publish(event: DrogueEvent): void {
    for (const listener of [...this.#applications]) listener(event);
  }

  /** Commands to one device, or to all. Returns what ends it. */
  listen(device: DrogueDevice | undefined, onCommand: OnCommand): () => void {
    if (device === undefined) {
      this.#ofAll.add(onCommand);
      return () => this.#ofAll.delete(onCommand);
    }
    const listeners = this.#byDevice.get(device) ?? new Set();
    this.#byDevice.set(device, listeners);
    listeners.add(onCommand);
    return () => {
      listeners.delete(onCommand);
      if (listeners.size === 0 && this.#byDevice.get(device) === listeners) {
        this.#byDevice.delete(device);
      }
    };
  }

  command(device: DrogueDevice, name: string, payload: Uint8Array): void {
    const listeners = [...(this.#byDevice.get(device) ?? []), ...this.#ofAll];
    for (const listener of listeners) listener(device, name, payload);
  }
}
