import type { Region } from "#scenarios/regions/region.ts";
import type { AirDownlink } from "#sim/air/frames.ts";
import { isDownlinkDr, rx1DataRate, rx1DrOffsetMax } from "#sim/air/regional.ts";
import type { Scheduled, WorldUs } from "#sim/kernel/engine.ts";
import { drawChannel, earliestStartUs } from "./channel-choice.ts";
import { type JoinAccept, type JoinBinding, openJoinAccept, sealJoinRequest } from "./join.ts";
import type { MacParts } from "./mac-parts.ts";
import { type Channel, defaultChannels, type MacSession, sessionOf } from "./nvm.ts";
import { TRAITS } from "./revision.ts";
import { deriveSessionKeys } from "./session-keys.ts";

const JOIN_RX1_DELAY_US = 5_000_000;
const JOIN_ACCEPT_MAX_BYTES = 33;
const DEV_NONCE_MAX = 0xffff;

/** A fleet that is switched on at once spreads its first requests over this long. */
export const FIRST_DELAY_US = 10_000_000;
const BACKOFF_US = 5_000_000;
const BACKOFF_DOUBLINGS_MAX = 6;

/** Aggregated duty cycle of join requests since the first one (TS001 §7, "back-off"). */
const HOUR_US = 3_600_000_000;
const JOIN_DUTY_CYCLE: readonly { readonly untilUs: number; readonly divisor: number }[] = [
  { untilUs: HOUR_US, divisor: 100 },
  { untilUs: 11 * HOUR_US, divisor: 1000 },
  { untilUs: Number.POSITIVE_INFINITY, divisor: 10_000 },
];

/**
 * Over-the-air activation: requests with growing, drawn pauses until an accept comes.
 *
 * Where DevNonce counts, it does so in the NVM before each request, so no request is ever sent twice;
 * a device that has used all 65536 falls silent.
 */
export class Joining {
  readonly #parts: MacParts;
  readonly #onJoined: (session: MacSession) => void;
  #isActive = false;
  #attempts = 0;
  #firstRequestUs: WorldUs | undefined;
  #freeFromUs: WorldUs = 0;
  /** DevNonce of the request whose windows are open. */
  #outstanding: number | undefined;
  #timer: Scheduled | undefined;

  constructor(parts: MacParts, onJoined: (session: MacSession) => void) {
    this.#parts = parts;
    this.#onJoined = onJoined;
  }

  start(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.#attempts = 0;
    const { scheduler, entropy } = this.#parts.io;
    const { joinSpreadUs = FIRST_DELAY_US } = this.#parts.config;
    this.#requestAt(scheduler.now + entropy.below("joinDelay", joinSpreadUs));
  }

  reset(): void {
    if (this.#timer !== undefined) this.#parts.io.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#isActive = false;
    this.#outstanding = undefined;
  }

  /** A join accept that was heard: for us, or not. */
  receive(downlink: AirDownlink): void {
    const { config, io, nvm, radio } = this.#parts;
    const devNonce = this.#outstanding;
    if (devNonce === undefined || !radio.isAnswer(downlink)) return;
    const accept = openJoinAccept(downlink.phyPayload, this.#binding(devNonce), io.crypto);
    if (accept === undefined || !this.#isFresh(accept.joinNonce)) return;
    if (accept.optNeg && config.lorawan !== "1.1") return;
    if (!hasWindows(accept, config.regional.region)) return;
    radio.endExchange(downlink);
    this.reset();
    const transcript = { ...accept, joinEui: config.joinEui, devNonce };
    const keys = deriveSessionKeys(config, transcript, io.crypto);
    nvm.joinNonce = accept.joinNonce;
    nvm.session = sessionOf(accept, keys, config.uplinkDr, config.regional);
    this.#onJoined(nvm.session);
  }

  #isFresh(joinNonce: number): boolean {
    const last = this.#parts.nvm.joinNonce;
    const { risingJoinNonce } = TRAITS[this.#parts.config.lorawan];
    return risingJoinNonce ? joinNonce > last : joinNonce !== last;
  }

  /** Undefined: none is left. A counted one is used up before its request is sent. */
  #nextDevNonce(): number | undefined {
    const { config, io, nvm } = this.#parts;
    if (TRAITS[config.lorawan].devNonce === "drawn") {
      return io.entropy.below("devNonce", DEV_NONCE_MAX + 1);
    }
    if (nvm.devNonce > DEV_NONCE_MAX) return undefined;
    nvm.devNonce += 1;
    return nvm.devNonce - 1;
  }

  #binding(devNonce: number): JoinBinding {
    const { nwkKey, joinEui, devEui } = this.#parts.config;
    return { rootKey: nwkKey, joinEui, devEui, devNonce };
  }

  #requestAt(at: WorldUs): void {
    this.#timer = this.#parts.io.scheduler.schedule(at, () => this.#request());
  }

  #request(): void {
    const { config, io, radio } = this.#parts;
    const { now } = io.scheduler;
    const dr = this.#dr();
    const channels = this.#channels(dr);
    const earliestUs = earliestStartUs(channels, radio.dutyCycle, Math.max(now, this.#freeFromUs));
    if (earliestUs > now) {
      this.#requestAt(earliestUs);
      return;
    }
    this.#timer = undefined;
    const devNonce = this.#nextDevNonce();
    if (devNonce === undefined) return;
    this.#attempts += 1;
    this.#firstRequestUs ??= now;
    const { joinEui, devEui, nwkKey, regional } = config;
    const { region, dwell } = regional;
    const phy = sealJoinRequest({ joinEui, devEui, devNonce }, nwkKey, io.crypto);
    const { frequencyHz, rx1FrequencyHz } = drawChannel(channels, radio.dutyCycle, now, io.entropy);
    const { uplink, doneUs } = radio.transmit(
      phy,
      { frequencyHz, dr },
      {
        rx1: { frequencyHz: rx1FrequencyHz, dr: rx1DataRate(region, dr, 0, dwell) },
        rx2: region.rx2,
        rx1DelayUs: JOIN_RX1_DELAY_US,
        phyBytesMax: () => JOIN_ACCEPT_MAX_BYTES,
      },
      now,
    );
    this.#freeFromUs = now + (uplink.endUs - now) * this.#dutyDivisor(now);
    this.#outstanding = devNonce;
    this.#timer = io.scheduler.schedule(doneUs, () => this.#onSilence());
    io.transmit(uplink);
  }

  #onSilence(): void {
    const { io, radio } = this.#parts;
    radio.endExchange(undefined);
    this.#outstanding = undefined;
    const doublings = Math.min(this.#attempts - 1, BACKOFF_DOUBLINGS_MAX);
    const pauseUs = io.entropy.below("joinDelay", BACKOFF_US * 2 ** doublings);
    this.#requestAt(io.scheduler.now + pauseUs);
    io.onJoinSilence?.();
  }

  /** The device's own, or, where the plan wants it, the narrow and the wide channels by turns. */
  #dr(): number {
    const { regional, uplinkDr } = this.#parts.config;
    const { plan } = regional.region;
    if (plan.type === "dynamic" || plan.joinDrs === undefined) return uplinkDr;
    return plan.joinDrs[this.#attempts % plan.joinDrs.length] ?? uplinkDr;
  }

  #channels(dr: number): readonly Channel[] {
    return defaultChannels(this.#parts.config.regional).filter(
      ({ drMin, drMax, enabled }) => enabled && drMin <= dr && dr <= drMax,
    );
  }

  #dutyDivisor(now: WorldUs): number {
    const elapsedUs = now - (this.#firstRequestUs ?? now);
    return JOIN_DUTY_CYCLE.find(({ untilUs }) => elapsedUs < untilUs)?.divisor ?? 1;
  }
}

/** A session whose receive windows the region does not have could hear nothing, ever. */
function hasWindows({ rx1DrOffset, rx2Dr }: JoinAccept, region: Region): boolean {
  return rx1DrOffset <= rx1DrOffsetMax(region) && isDownlinkDr(region, rx2Dr);
}
