import type { DownlinkWay, HeardUplink, ServerDownlink } from "#hal/gateway-port.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { Region } from "#scenarios/regions/region.ts";
import type { DownlinkRequest, GatewayUplink } from "#sim/air/frames.ts";
import { drOfRate } from "#sim/air/regional.ts";
import type { Scheduled, Scheduler, WorldUs } from "#sim/kernel/engine.ts";

/** A way to one gateway. */
export interface FrontGateway {
  /**
   * What it acknowledges: what it has booked, or what is on the air. The latter takes both windows
   * at once, chooses, and says nothing at all of what did not go out.
   */
  readonly acknowledges: "booked" | "onAir";
  /** Returns whether it is there. */
  send(downlink: ServerDownlink): boolean;
}

interface Pending {
  readonly gateway: number;
  readonly ack: (isSent: boolean) => void;
  readonly timeout: Scheduled;
}

/** Several gateways hear a frame, and their networks differ; a device does not repeat itself sooner. */
const COPIES_US = 1_500_000;
/** The last window may be a long frame's at SF12. */
const ON_AIR_US = 3_000_000;
/** Nobody waits for the word on a multicast frame of class C. */
const MULTICAST_US = 10_000_000;
/** Downlinks are numbered with 16 bits: Semtech UDP has no more. */
const DOWNLINK_IDS = 2 ** 16;

/**
 * Between a network server and gateways that speak some protocol: of the copies of an uplink the
 * first counts, and the gateway that it came by sends the answer, by its own counter. Each downlink
 * comes to one end, whether the gateway says so or not.
 */
export class GatewayFront {
  readonly #region: Region;
  readonly #scheduler: Scheduler;
  readonly #gpsAtStart: GpsSeconds;
  readonly #receive: (uplink: GatewayUplink) => void;
  readonly #gateways: FrontGateway[] = [];
  readonly #copies = new Map<string, { readonly at: WorldUs; readonly gateways: Set<number> }>();
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  /** What frames that no uplink asks for go out by: their gateway 0, 1, … Known before the first. */
  multicastGateways: readonly number[] = [0];
  /** Gateways that heard a frame which counted. */
  onReach: ((uplink: GatewayUplink, gateways: ReadonlySet<number>) => void) | undefined;

  constructor(
    region: Region,
    scheduler: Scheduler,
    gpsAtStart: GpsSeconds,
    receive: (uplink: GatewayUplink) => void,
  ) {
    this.#region = region;
    this.#scheduler = scheduler;
    this.#gpsAtStart = gpsAtStart;
    this.#receive = receive;
  }

  /** Its number. */
  add(gateway: FrontGateway): number {
    return this.#gateways.push(gateway) - 1;
  }

  /** An uplink that ended now, as far as anybody here can tell. */
  receive(gateway: number, heard: HeardUplink): void {
    const { phyPayload, frequencyHz, rate, context } = heard;
    const dr = drOfRate(this.#region.uplinkRates, rate);
    if (dr === undefined) return;
    const { now } = this.#scheduler;
    this.#forget(now);
    const key = phyPayload.join(".");
    const known = this.#copies.get(key);
    if (known !== undefined) {
      known.gateways.add(gateway);
      return;
    }
    const gateways = new Set([gateway]);
    this.#copies.set(key, { at: now, gateways });
    const uplink = { gateway, phyPayload, frequencyHz, dr, endUs: now, context };
    this.onReach?.(uplink, gateways);
    this.#receive(uplink);
  }

  /** From the server. */
  transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void {
    const { answers, timing, gateway: number = 0 } = request;
    const { now } = this.#scheduler;
    const index = answers === undefined ? (this.multicastGateways[number] ?? 0) : number;
    const gateway = this.#gateways[index];
    const isPast = timing.type === "at" && timing.us <= now;
    const ways = waysOf(request, this.#region);
    if (gateway === undefined || ways === undefined || isPast) {
      ack(false);
      return;
    }
    const downlinkId = this.#nextId;
    this.#nextId = (downlinkId + 1) % DOWNLINK_IDS;
    const timeout = this.#scheduler.schedule(giveUpUs(request, gateway, now), () => {
      // Nobody knows about a last word that was lost: a counter that may be used is not used again.
      const isMaybeSent = request.orElse === undefined && gateway.acknowledges === "booked";
      this.acknowledge(index, downlinkId, isMaybeSent);
    });
    this.#pending.set(downlinkId, { gateway: index, ack, timeout });
    const { phyPayload } = request;
    const isSlot = answers === undefined && timing.type === "at";
    const gpsUs = isSlot ? this.#gpsAtStart * 1e6 + timing.us : undefined;
    const downlink = { downlinkId, phyPayload, context: answers?.context, gpsUs, ways };
    if (!gateway.send(downlink)) this.acknowledge(index, downlinkId, false);
  }

  /** The word of a gateway on a downlink; what it was not asked to send is no business of its. */
  acknowledge(gateway: number, downlinkId: number, isSent: boolean): void {
    const pending = this.#pending.get(downlinkId);
    if (pending?.gateway !== gateway) return;
    this.#pending.delete(downlinkId);
    this.#scheduler.cancel(pending.timeout);
    pending.ack(isSent);
  }

  #forget(now: WorldUs): void {
    for (const [key, { at }] of this.#copies) {
      if (now - at < COPIES_US) return;
      this.#copies.delete(key);
    }
  }
}

/** Until when a word on it is of use. */
function giveUpUs(request: DownlinkRequest, gateway: FrontGateway, now: WorldUs): WorldUs {
  const { timing, orElse = request } = request;
  if (timing.type === "immediately") return now + MULTICAST_US;
  const isOnAir = gateway.acknowledges === "onAir" && orElse.timing.type === "at";
  return isOnAir ? orElse.timing.us + ON_AIR_US : timing.us;
}

/** Undefined: not as LoRa. */
function waysOf(request: DownlinkRequest, region: Region): ServerDownlink["ways"] | undefined {
  const first = wayOf(request, region);
  const second = request.orElse && wayOf(request.orElse, region);
  if (first === undefined) return undefined;
  return second === undefined ? [first] : [first, second];
}

function wayOf(request: DownlinkRequest, { downlinkRates }: Region): DownlinkWay | undefined {
  const { dr, frequencyHz, timing, answers } = request;
  const rate = downlinkRates[dr];
  if (rate?.modulation !== "lora") return undefined;
  const { sf, bandwidthHz } = rate;
  const isTimed = timing.type === "at" && answers !== undefined;
  return {
    frequencyHz,
    rate: { sf, bandwidthHz },
    delayUs: isTimed ? timing.us - answers.endUs : 0,
  };
}
