import type { ServerDownlink } from "#hal/gateway-port.ts";
import { utcSecondsOf } from "#hal/net/gps-time.ts";
import type { LnsAddress, LnsEvents } from "#hal/net/lns-events.ts";
import { StationLns } from "#hal/net/station-lns.ts";
import { UdpLns } from "#hal/net/udp-lns.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { Lns, type LnsInput } from "#sim/lns/lns.ts";
import type { FrontGateway } from "#sim/server/gateway-front.ts";
import { RefusedError, systemCodeOf } from "#tools/errors.ts";
import { gpsNow, WallClock } from "#tools/fleet/wall-clock.ts";
import { stationPlanOf } from "./regional-plan.ts";

/** The time that a world begins at, and a clock for it. */
export interface WorldTime {
  readonly gpsAtStart: GpsSeconds;
  /** How old the world is at once. */
  readonly ageMs: number;
  /** 1, but for a test. */
  readonly speed: number;
}

export function realTime(): WorldTime {
  const { seconds, ms } = gpsNow();
  return { gpsAtStart: seconds, ageMs: ms, speed: 1 };
}

export interface LnsWorldInput extends Omit<LnsInput, "scheduler" | "gpsAtStart"> {
  readonly time: WorldTime;
  /** Undefined: not this protocol. */
  readonly udp: LnsAddress | undefined;
  readonly station: LnsAddress | undefined;
  /** What Semtech UDP gateways are to send with. */
  readonly powerDbm: number;
}

/** A gateway's clock, if it has GPS, further from ours is worth a word. */
const GPS_ERROR_MAX_US = 1_000_000;
const ODDITIES_MAX = 100;

/** Our network server on real sockets and real time. */
export class LnsWorld {
  readonly lns: Lns;
  readonly clock: WallClock;
  readonly #input: LnsWorldInput;
  readonly #engine = new Engine();
  /** By protocol and EUI. */
  readonly #numbers = new Map<string, number>();
  /** What was odd, and how often; said the first time. */
  readonly #oddities = new Map<string, number>();
  #udp: UdpLns | undefined;
  #station: StationLns | undefined;

  private constructor(input: LnsWorldInput) {
    this.#input = input;
    const { gpsAtStart, ageMs, speed } = input.time;
    this.clock = new WallClock(this.#engine, ageMs, speed);
    this.lns = new Lns({ ...input, gpsAtStart, scheduler: this.#engine });
  }

  /** Rejects with `RefusedError` when a port is not to be had. */
  static async open(input: LnsWorldInput): Promise<LnsWorld> {
    const world = new LnsWorld(input);
    try {
      await world.#listen();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  get udpPort(): number | undefined {
    return this.#udp?.port;
  }

  get stationPort(): number | undefined {
    return this.#station?.port;
  }

  /** What was said once and came again. */
  get repeated(): readonly string[] {
    return [...this.#oddities].flatMap(([text, times]) =>
      times > 1 ? [`${text}: ${times} times`] : [],
    );
  }

  get gateways(): number {
    return this.#numbers.size;
  }

  async close(): Promise<void> {
    this.clock.stop();
    await this.#udp?.close();
    await this.#station?.close();
  }

  async #listen(): Promise<void> {
    const { udp, station, powerDbm, scenario, devices } = this.#input;
    if (udp !== undefined) {
      const events = this.#eventsOf("udp", "booked", (eui, downlink) =>
        this.#udp?.send(eui, downlink),
      );
      this.#udp = await UdpLns.open(udp, powerDbm, events).catch(refusedAt("UDP", udp));
    }
    if (station !== undefined) {
      const events = this.#eventsOf("station", "onAir", (eui, downlink) =>
        this.#station?.send(eui, downlink),
      );
      const gpsUs = () => this.#gpsUs;
      const utcS = () => utcSecondsOf(this.#gpsUs / 1e6);
      const isUnicast = devices.some(({ unicastClass }) => unicastClass === "B");
      const hasBeacons = scenario.campaign.sessionClass === "B" || isUnicast;
      const plan = stationPlanOf(scenario.regional, hasBeacons);
      this.#station = await StationLns.open(station, plan, { gpsUs, utcS }, events).catch(
        refusedAt("TCP", station),
      );
    }
  }

  get #gpsUs(): number {
    const { gpsAtStart } = this.#input.time;
    return gpsAtStart * 1e6 + this.clock.ageUs;
  }

  #eventsOf(
    protocol: string,
    acknowledges: FrontGateway["acknowledges"],
    send: (eui: string, downlink: ServerDownlink) => boolean | undefined,
  ): LnsEvents {
    const { front } = this.lns;
    const { say } = this.#input;
    const numberOf = (eui: string) => this.#numbers.get(`${protocol} ${eui}`);
    return {
      onGateway: (eui, from) => {
        say(`gateway ${eui}: ${from}`);
        if (numberOf(eui) !== undefined) return;
        const gateway = {
          acknowledges,
          send: (downlink: ServerDownlink) => send(eui, downlink) === true,
        };
        this.#numbers.set(`${protocol} ${eui}`, front.add(gateway));
      },
      onUplink: (eui, uplink) => {
        this.clock.sync();
        this.#compareTime(eui, uplink.gpsUs);
        front.receive(numberOf(eui) ?? 0, uplink);
      },
      onAck: (eui, downlinkId, refusal) => {
        this.clock.sync();
        if (refusal !== undefined) this.#odd(`gateway ${eui} refused a downlink: ${refusal}`);
        front.acknowledge(numberOf(eui) ?? 0, downlinkId, refusal === undefined);
      },
      onOddity: (text) => this.#odd(text),
    };
  }

  #compareTime(eui: string, gpsUs: number | undefined): void {
    const offUs = gpsUs === undefined ? 0 : gpsUs - this.#gpsUs;
    if (Math.abs(offUs) < GPS_ERROR_MAX_US) return;
    this.#odd(`gateway ${eui}: its GPS time is ${(offUs / 1e6).toFixed(0)} s from this machine's`);
  }

  #odd(text: string): void {
    const times = this.#oddities.get(text);
    if (times === undefined && this.#oddities.size >= ODDITIES_MAX) return;
    this.#oddities.set(text, (times ?? 0) + 1);
    if (times === undefined) this.#input.say(text);
  }
}

function refusedAt(protocol: string, { host, port }: LnsAddress) {
  return (error: unknown): never => {
    const code = systemCodeOf(error);
    if (code === undefined) throw error;
    const reason = REASONS[code] ?? code;
    throw new RefusedError(`${protocol} port ${port} of ${host}: ${reason}`);
  };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use by another program",
  EACCES: "permission denied; ports below 1024 are the system's",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "no such host",
};
