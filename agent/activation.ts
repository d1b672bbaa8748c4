import type { ActivationPolicy } from "./config.ts";
import type { FragSession } from "./packages/frag-session.ts";
import { blockAckDelayUs } from "./packages/frag-timers.ts";
import type { PackageIo } from "./packages/package-io.ts";

/**
 * Decides when a staged image is booted. The boot record is what makes it pending: a reset for any
 * other reason boots it too, so nothing here needs to survive one. Plain data.
 */
export class Activation {
  readonly #policy: ActivationPolicy;
  /** The session whose image is staged. */
  session: FragSession | undefined;
  /** Nothing more to wait for but the uplinks that are on their way: then the device reboots. */
  isDue = false;

  constructor(policy: ActivationPolicy) {
    this.#policy = policy;
  }

  /** An image was staged. */
  begin(session: FragSession, io: PackageIo): void {
    this.session = session;
    this.isDue = false;
    this.#arm(io);
  }

  /** The image is gone. */
  cancel(io: PackageIo): void {
    if (this.session === undefined) return;
    this.session = undefined;
    this.isDue = false;
    io.effects.push({ type: "clearTimer", id: "activation" });
  }

  clockCorrected(io: PackageIo): void {
    if (this.session !== undefined && this.#policy.policy === "atTime") this.#arm(io);
  }

  /** The status of a session is in the frame that leaves now. */
  statusAnswered(session: FragSession): void {
    if (session === this.session && this.#policy.policy === "afterStatus") this.isDue = true;
  }

  /** The time-out, or the moment: whether there is something to boot. */
  timer(): boolean {
    return this.session !== undefined;
  }

  #arm(io: PackageIo): void {
    const delayUs = this.#delayUs(io);
    if (delayUs === undefined) return;
    io.effects.push({ type: "setTimer", id: "activation", at: io.at + delayUs });
  }

  #delayUs(io: PackageIo): number | undefined {
    const policy = this.#policy;
    switch (policy.policy) {
      case "afterStatus":
        return policy.timeoutS * 1_000_000;
      case "immediate":
        return this.session && blockAckDelayUs(this.session.setup, io);
      case "atTime":
        return Math.max(0, io.clock.uptimeOf(policy.gps, io.at) - io.at);
      case "onCommand":
        return undefined;
      default:
        return policy satisfies never;
    }
  }
}
