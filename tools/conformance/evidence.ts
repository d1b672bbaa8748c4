import {
  CLOCK_SYNC_PORT,
  clockSyncDownlink,
  clockSyncUplink,
} from "#agent/packages/clock-sync.wire.ts";
import {
  FRAG_PORT,
  fragDownlinkV1,
  fragDownlinkV2,
  fragUplinkV1,
  fragUplinkV2Chirpstack,
} from "#agent/packages/fragmentation.wire.ts";
import {
  MULTICAST_SETUP_PORT,
  mcDownlink,
  mcUplinkChirpstack,
} from "#agent/packages/multicast-setup.wire.ts";
import type { Command, Decoded } from "#agent/wire/commands.ts";
import type { DownlinkItemFacts } from "#hal/gateway-port.ts";
import { COUNTER_PERIOD_US } from "#hal/gateway-port.ts";
import type { ResolvedScenario } from "#scenarios/defaults.ts";
import { planSession, type SessionPlan } from "#scenarios/session.ts";
import { hexOf } from "#sim/fleet/firmware.ts";
import { fPortOf } from "#sim/fleet/frame-heads.ts";
import type { ApplicationEntry, TapEntry } from "#sim/fleet/live-tap.ts";
import type { DeviceResult } from "#sim/fleet/result.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import type { DeploymentRecord } from "#tools/fleet/chirpstack-campaign.ts";
import type { Frame } from "./finding.ts";
import type { Forgery } from "./forgeries.ts";

type UplinkEvent = Extract<GatewayEvent, { type: "uplink" }>;

/** What one situation left behind. */
export interface Recorded {
  readonly scenario: ResolvedScenario;
  readonly gpsAtStart: number;
  readonly entries: readonly TapEntry[];
  readonly devices: readonly DeviceResult[];
  readonly records: readonly DeploymentRecord[];
  readonly forgeries: readonly Forgery[];
  /** What the deployments sent. */
  readonly sent: Uint8Array;
}

/** A command as a device said or heard it. */
export interface Said<C> {
  readonly atS: number;
  readonly id: number;
  readonly command: C;
  readonly frame: Frame;
}

type Named<C extends { readonly name: string }, N> = Extract<C, { readonly name: N }>;
export type ToDevice =
  | Command<typeof mcDownlink>
  | Command<typeof fragDownlinkV1>
  | Command<typeof fragDownlinkV2>
  | Command<typeof clockSyncDownlink>;
export type ToServer =
  | Command<typeof mcUplinkChirpstack>
  | Command<typeof fragUplinkV1>
  | Command<typeof fragUplinkV2Chirpstack>
  | Command<typeof clockSyncUplink>;

/** A command of the server to a gateway, and the uplink that it answers, if it answers one. */
export interface Answer {
  readonly gateway: number;
  readonly atUs: number;
  readonly downlinkId: number;
  readonly items: readonly DownlinkItemFacts[];
  readonly uplink: UplinkEvent | undefined;
  /** Of each item: µs after the end of that uplink. */
  readonly delaysUs: readonly (number | undefined)[];
}

const SETS = {
  1: [fragDownlinkV1, fragUplinkV1],
  2: [fragDownlinkV2, fragUplinkV2Chirpstack],
} as const;
/** Of an uplink, with its time on air and its repetitions. */
const REPORTED_WITHIN_S = 4;
/** An answer to an uplink comes within the longest delay there is. */
const ANSWER_MAX_US = 16e6;

/** The record of one situation, and what one asks of it. */
export class Evidence {
  readonly recorded: Recorded;
  readonly #heard: readonly Said<ToDevice>[];
  readonly #said: readonly Said<ToServer>[];
  readonly answers: readonly Answer[];

  constructor(recorded: Recorded) {
    this.recorded = recorded;
    const applications = recorded.entries.filter((entry) => entry.type === "application");
    this.#heard = applications
      .filter(({ direction }) => direction === "down")
      .flatMap((entry) => {
        return commandsIn<ToDevice>(entry, this.#downSet(entry));
      });
    this.#said = applications
      .filter(({ direction }) => direction === "up")
      .flatMap((entry) => {
        return commandsIn<ToServer>(entry, this.#upSet(entry));
      });
    this.answers = answersIn(recorded.entries);
  }

  /** Commands of that name that devices heard, unicast and multicast; of one device, or of all. */
  heard<N extends ToDevice["name"]>(name: N, id?: number): readonly Said<Named<ToDevice, N>>[] {
    return this.#heard.filter(
      (said): said is Said<Named<ToDevice, N>> =>
        said.command.name === name && (id === undefined || said.id === id),
    );
  }

  said<N extends ToServer["name"]>(name: N, id?: number): readonly Said<Named<ToServer, N>>[] {
    return this.#said.filter(
      (said): said is Said<Named<ToServer, N>> =>
        said.command.name === name && (id === undefined || said.id === id),
    );
  }

  /** Devices of a kind; of all kinds that begin so, with a dash behind it. */
  kind(name: string): readonly DeviceResult[] {
    return this.recorded.devices.filter(({ kind }) => kind === name);
  }

  /** The newest record that the server has of a device. */
  row({ devEui }: DeviceResult) {
    return this.recorded.records
      .flatMap(({ rows }) => rows)
      .findLast((row) => row.devEui === devEui);
  }

  get uplinkIntervalS(): number {
    const { kinds } = this.recorded.scenario.devices;
    return Math.max(...kinds.map(({ device }) => device.uplinkIntervalS));
  }

  /** The session that the scenario plans for what was sent. */
  get plan(): SessionPlan {
    const { scenario, sent } = this.recorded;
    return planSession(scenario.campaign, sent.length);
  }

  gpsAt(atS: number): number {
    return this.recorded.gpsAtStart + atS;
  }

  /** Downlinks that were on the air. */
  get onAir() {
    return this.recorded.entries.filter((entry) => entry.type === "onAir");
  }

  /** Answers to an uplink that a gateway reported. */
  answersTo(isIt: (uplink: UplinkEvent) => boolean): readonly Answer[] {
    return this.answers.filter(({ uplink }) => uplink !== undefined && isIt(uplink));
  }

  /** The frame in which a device said this, as a gateway reported it. */
  uplinkOf({ id, atS, frame }: Pick<Said<unknown>, "id" | "atS" | "frame">) {
    for (const entry of this.recorded.entries) {
      if (entry.type !== "event" || entry.event.type !== "uplink" || entry.id !== id) continue;
      if (fPortOf(entry.event.phyPayload) !== frame.fPort) continue;
      if (entry.atUs < (atS - 0.01) * 1e6) continue;
      return entry.atUs < (atS + REPORTED_WITHIN_S) * 1e6 ? entry.event : undefined;
    }
    return undefined;
  }

  #versionOf(id: number): 1 | 2 {
    const { kinds } = this.recorded.scenario.devices;
    const { kind } = this.recorded.devices[id] ?? {};
    const found = kinds.find(({ name }) => name === kind);
    return found?.device.packages === "v2" ? 2 : 1;
  }

  #downSet({ fPort, id }: ApplicationEntry) {
    if (fPort === MULTICAST_SETUP_PORT) return mcDownlink;
    if (fPort === CLOCK_SYNC_PORT) return clockSyncDownlink;
    return fPort === FRAG_PORT ? SETS[this.#versionOf(id)][0] : undefined;
  }

  #upSet({ fPort, id }: ApplicationEntry) {
    if (fPort === MULTICAST_SETUP_PORT) return mcUplinkChirpstack;
    if (fPort === CLOCK_SYNC_PORT) return clockSyncUplink;
    return fPort === FRAG_PORT ? SETS[this.#versionOf(id)][1] : undefined;
  }
}

function commandsIn<C>(
  entry: ApplicationEntry,
  set: { decode(payload: Uint8Array): readonly Decoded<unknown>[] } | undefined,
): readonly Said<C>[] {
  const { id } = entry;
  const frame = frameOf(entry);
  return (set?.decode(entry.payload) ?? []).flatMap((decoded) =>
    decoded.ok ? [{ atS: frame.atS, id, command: decoded.command as C, frame }] : [],
  );
}

function frameOf({ atUs, id, direction, fPort, payload }: ApplicationEntry): Frame {
  return { atS: secondsOf(atUs), who: `device ${id}`, direction, fPort, hex: hexOf(payload) };
}

/** Copies of an uplink, through other gateways or by an attacker, have its bytes. */
export function isSameFrame(
  one: Pick<UplinkEvent, "phyPayload">,
  other: Pick<UplinkEvent, "phyPayload">,
): boolean {
  return Buffer.compare(one.phyPayload, other.phyPayload) === 0;
}

/** A frame of a gateway, as evidence. */
export function phyFrame(
  atUs: number,
  gateway: number,
  direction: Frame["direction"],
  phyPayload: Uint8Array,
): Frame {
  const who = `gateway ${gateway}`;
  return { atS: secondsOf(atUs), who, direction, fPort: undefined, hex: hexOf(phyPayload) };
}

export function answerFrames({ atUs, gateway, items, uplink }: Answer): readonly Frame[] {
  const [item] = items;
  const down = item === undefined ? [] : [phyFrame(atUs, gateway, "down", item.phyPayload)];
  const up = uplink === undefined ? [] : [phyFrame(atUs, gateway, "up", uplink.phyPayload)];
  return [...up, ...down];
}

function answersIn(entries: readonly TapEntry[]): readonly Answer[] {
  const uplinks: {
    readonly atUs: number;
    readonly gateway: number;
    readonly event: UplinkEvent;
  }[] = [];
  const answers: Answer[] = [];
  for (const entry of entries) {
    if (entry.type === "event" && entry.event.type === "uplink") {
      uplinks.push({ atUs: entry.atUs, gateway: entry.gateway, event: entry.event });
    }
    if (entry.type !== "command") continue;
    const { atUs, gateway, command } = entry;
    const { downlinkId, items } = command;
    const uplink = uplinks.findLast(
      (one) =>
        one.gateway === gateway &&
        atUs - one.atUs < ANSWER_MAX_US &&
        items.some((item) => delayAfter(one.event, item) !== undefined),
    )?.event;
    const delaysUs = items.map((item) => uplink && delayAfter(uplink, item));
    answers.push({ gateway, atUs, downlinkId, items, uplink, delaysUs });
  }
  return answers;
}

/** Undefined: the item does not count from this uplink. */
function delayAfter({ counterUs }: UplinkEvent, { timing }: DownlinkItemFacts): number | undefined {
  if (timing.type === "delay") {
    return timing.counter === counterUs % COUNTER_PERIOD_US ? timing.delayUs : undefined;
  }
  if (timing.type !== "counter") return undefined;
  const periods = Math.ceil((counterUs - timing.counter) / COUNTER_PERIOD_US);
  const delayUs = timing.counter + Math.max(periods, 0) * COUNTER_PERIOD_US - counterUs;
  // Whole seconds: a counter that is meant for another uplink hardly ever is.
  return delayUs % 1e6 === 0 && delayUs > 0 && delayUs < ANSWER_MAX_US ? delayUs : undefined;
}

function secondsOf(us: number): number {
  return Math.round(us / 1e3) / 1e3;
}
