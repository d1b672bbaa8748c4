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
  /** With `once`; without it, nothing is waited for. */
  readonly patience?: Patience;
}

/** How a device has come to its end; the server not to be had is an error. */
export type ErrandEnd =
  /** Nothing is left to do. */
  | "done"
  | "refused"
  /** It was offered nothing at all, not even what it runs. */
  | "untold"
  | "interrupted";

/** Of one device alone. */
export const STATUSES: Readonly<Record<ErrandEnd, number>> = {
  done: EXIT.ok,
  refused: EXIT.failed,
  untold: EXIT.ok,
  interrupted: EXIT.interrupted,
};

/** Decides for how long a device that was offered nothing goes on asking. */
export interface Patience {
  /** It is offered nothing. `end` is called once that is what it ends with; may be said again. */
  wait(end: () => void): void;
  offered(): void;
}

/** With `once`: failures in a row that end it. */
const FAILURES_MAX = 5;

/**
 * Runs a device to its end. Rejects with `RefusedError` when the server cannot be had or does not know
 * the device.
 */
export function runErrand(errand: Errand): Promise<ErrandEnd> {
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
      resolve("interrupted");
    });
    device.powerOn();
  });
}

type EndingErrand = Pick<Errand, "url" | "once" | "patience">;
/** Of an offer, whatever comes of it. */
const OFFERED: readonly PullNote["type"][] = ["offered", "upToDate", "offeredAgain", "refused"];

/** Decides when a device has come to its end, and how. */
class Ending {
  device: LiveDevice | undefined;
  readonly #errand: EndingErrand;
  readonly #resolve: (end: ErrandEnd) => void;
  readonly #reject: (error: Error) => void;
  #isOffered = false;
  #isRefused = false;
  #failures = 0;

  constructor(
    errand: EndingErrand,
    resolve: (end: ErrandEnd) => void,
    reject: (error: Error) => void,
  ) {
    this.#errand = errand;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Returns whether the note is what it ends with. */
  heard(note: PullNote): boolean {
    const { url, once, patience } = this.#errand;
    if (OFFERED.includes(note.type)) {
      this.#isOffered = true;
      patience?.offered();
    }
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
    const { once, patience } = this.#errand;
    if (!once) return;
    if (this.#isOffered) this.#end(() => this.#resolve(this.#isRefused ? "refused" : "done"));
    else if (patience === undefined) this.#untold();
    else patience.wait(() => this.#untold());
  }

  #untold(): void {
    this.#end(() => this.#resolve("untold"));
  }

  #end(how: () => void): void {
    this.device?.powerOff();
    how();
  }
}
