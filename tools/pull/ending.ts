import type { PullConfig } from "#agent/pull/config.ts";
import type { PullNote } from "#agent/pull/events.ts";
import { EXIT, RefusedError } from "#tools/errors.ts";
import type { Connection } from "./connection.ts";
import type { StoredDevice } from "./device-folder.ts";
import { LiveDevice } from "./live-device.ts";

/** One device, and when it has come to its end. */
export interface Errand {
  readonly url: string;
  /** Ends when nothing is left to do, or nothing came of it. */
  readonly once: boolean;
  readonly stored: StoredDevice;
  readonly config: PullConfig;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly onNote: (note: PullNote) => void;
}

/** With `once`: failures in a row that end it. */
const FAILURES_MAX = 5;

/**
 * Runs a device to its end, and tells the exit status of it. Rejects with `RefusedError` when the
 * server cannot be had or does not know the device.
 */
export function runErrand(errand: Errand): Promise<number> {
  const { stored, config, connection, signal, onNote } = errand;
  return new Promise((resolve, reject) => {
    const ending = new Ending(errand, resolve, reject);
    const device = new LiveDevice(stored, config, connection.newDialect, connection.newLink, {
      onNote: (note) => {
        if (!ending.heard(note)) onNote(note);
      },
      onIdle: () => ending.idle(),
      onBug: reject,
    });
    ending.device = device;
    signal.addEventListener("abort", () => {
      device.powerOff();
      resolve(EXIT.interrupted);
    });
    device.powerOn();
  });
}

/** Decides when a device has come to its end, and how. */
class Ending {
  device: LiveDevice | undefined;
  readonly #errand: Pick<Errand, "url" | "once">;
  readonly #resolve: (status: number) => void;
  readonly #reject: (error: Error) => void;
  #isRefused = false;
  #failures = 0;

  constructor(
    errand: Pick<Errand, "url" | "once">,
    resolve: (status: number) => void,
    reject: (error: Error) => void,
  ) {
    this.#errand = errand;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Returns whether the note is what it ends with. */
  heard(note: PullNote): boolean {
    const { url, once } = this.#errand;
    const isFailure = note.type === "noAnswer" || note.type === "denied";
    this.#failures = isFailure ? this.#failures + 1 : 0;
    if (note.type === "refused" || note.type === "offeredAgain") this.#isRefused = true;
    if (!isFailure) return false;
    const isUnknown = note.type === "denied" && note.cause === "credentials";
    const isEnough = once && this.#failures >= FAILURES_MAX;
    if (!isUnknown && !isEnough) return false;
    this.#end(() => this.#reject(new RefusedError(`${url}: ${note.detail}`)));
    return true;
  }

  idle(): void {
    if (!this.#errand.once) return;
    this.#end(() => this.#resolve(this.#isRefused ? EXIT.failed : EXIT.ok));
  }

  #end(how: () => void): void {
    this.device?.powerOff();
    how();
  }
}
