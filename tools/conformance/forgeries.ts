import { CLOCK_SYNC_PORT } from "#agent/packages/clock-sync.wire.ts";
import { COUNTER_PERIOD_US } from "#hal/gateway-port.ts";
import { fPortOf } from "#sim/fleet/frame-heads.ts";
import type { LiveFleet } from "#sim/fleet/live-fleet.ts";
import type { TapEntry } from "#sim/fleet/live-tap.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";

export type ForgeryName =
  | "join request again"
  | "join request with a wrong MIC"
  | "join request of nobody"
  | "uplink again"
  | "uplink with a wrong MIC"
  | "copy through another gateway";

/** A frame that a gateway reported though no device had sent it so. */
export interface Forgery {
  readonly name: ForgeryName;
  readonly gateway: number;
  readonly atUs: number;
  /** How the gateway's counter names it. */
  readonly counter: number;
  readonly phyPayload: Uint8Array;
}

type UplinkEvent = Extract<GatewayEvent, { type: "uplink" }>;

const JOIN_REQUEST = 0x00;
const DEV_EUI_AT = 9;
/** Longer than it takes a server to answer, and the delay of a join accept. */
const PAUSE_MS = 8000;
const COPIES = 5;

/** Frames of an attacker, each by itself, once the fleet has joined. Returns what was sent. */
export async function forgeFrames(
  fleet: LiveFleet,
  sync: () => void,
  entries: readonly TapEntry[],
  wait: (ms: number) => Promise<void>,
): Promise<readonly Forgery[]> {
  const { join, request } = samplesIn(entries);
  const plans: (readonly [ForgeryName, Sample | undefined, (phy: Uint8Array) => void])[] = [
    ["join request again", join, () => {}],
    ["join request with a wrong MIC", join, flipLast],
    ["join request of nobody", join, (phy) => flipAt(phy, DEV_EUI_AT)],
    ["uplink again", request, () => {}],
    ["uplink with a wrong MIC", request, spoilNext],
  ];
  const made: Forgery[] = [];
  for (const [name, sample, change] of plans) {
    if (sample === undefined) continue;
    const phyPayload = sample.event.phyPayload.slice();
    change(phyPayload);
    sync();
    made.push(forge(fleet, name, { ...sample, phyPayload }));
    await wait(PAUSE_MS);
  }
  return made;
}

/** Reports each of the next few uplinks a second time, through another gateway, at once. */
export class Copier {
  readonly made: Forgery[] = [];
  #left = COPIES;
  #isCopying = false;

  /** To be called with everything that is tapped. */
  see(entry: TapEntry, fleet: LiveFleet, gateways: number): void {
    if (entry.type !== "event" || entry.event.type !== "uplink" || this.#isCopying) return;
    if (this.#left === 0 || gateways < 2 || !isClockRequest(entry.event)) return;
    this.#left -= 1;
    this.#isCopying = true;
    const { event } = entry;
    const gateway = (entry.gateway + 1) % gateways;
    const { phyPayload } = event;
    this.made.push(forge(fleet, "copy through another gateway", { gateway, event, phyPayload }));
    this.#isCopying = false;
  }
}

interface Sample {
  readonly gateway: number;
  readonly event: UplinkEvent;
}

function forge(
  fleet: LiveFleet,
  name: ForgeryName,
  { gateway, event, phyPayload }: Sample & { readonly phyPayload: Uint8Array },
): Forgery {
  const atUs = fleet.engine.now;
  fleet.forge(gateway, phyPayload, event.rate, event.frequencyHz);
  return { name, gateway, atUs, counter: atUs % COUNTER_PERIOD_US, phyPayload };
}

/** A join request, and a data uplink that a server would answer. */
function samplesIn(entries: readonly TapEntry[]) {
  const uplinks = entries.flatMap((entry) =>
    entry.type === "event" && entry.event.type === "uplink"
      ? [{ gateway: entry.gateway, event: entry.event }]
      : [],
  );
  return {
    join: uplinks.find(({ event }) => event.phyPayload[0] === JOIN_REQUEST),
    request: uplinks.findLast(({ event }) => isClockRequest(event)),
  };
}

function isClockRequest({ phyPayload }: UplinkEvent): boolean {
  return phyPayload[0] === 0x40 && fPortOf(phyPayload) === CLOCK_SYNC_PORT;
}

function flipAt(phy: Uint8Array, at: number): void {
  phy[at] = (phy[at] ?? 0) ^ 0x01;
}

function flipLast(phy: Uint8Array): void {
  flipAt(phy, phy.length - 1);
}

/** A counter that is new, so that nothing but the MIC speaks against it. */
function spoilNext(phy: Uint8Array): void {
  phy[6] = (phy[6] ?? 0) + 100;
  flipLast(phy);
}
