import type { Crypto, GpsSeconds } from "#hal/ports.ts";
import type { RegionalSetting } from "#scenarios/regions/region.ts";
import type { DownlinkRequest } from "#sim/air/frames.ts";
import { drOfRate } from "#sim/air/regional.ts";
import type { Member } from "#sim/fleet/spawn.ts";
import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { Scheduler } from "#sim/kernel/engine.ts";
import { NetworkServer } from "#sim/server/network-server.ts";

interface OwnServerParts {
  readonly regional: RegionalSetting;
  readonly seed: number;
  readonly gpsAtStart: GpsSeconds;
  readonly scheduler: Scheduler;
  readonly crypto: Crypto;
  readonly command: (gateway: number, command: DownlinkCommand) => void;
}

/** Our own server, which knows of a live fleet only what its gateways say. */
export class OwnServer {
  readonly server: NetworkServer;
  readonly #parts: OwnServerParts;
  readonly #waiting: ((isSent: boolean) => void)[] = [];

  constructor(parts: OwnServerParts) {
    this.#parts = parts;
    const { regional, seed, gpsAtStart, scheduler, crypto } = parts;
    this.server = new NetworkServer(
      { netId: 1, gpsAtStart, regional },
      {
        scheduler,
        crypto,
        entropy: new KeyedEntropy(seed, -1),
        transmit: (request, ack) => this.#transmit(request, ack),
      },
    );
  }

  /** The fleet's devices, as this server knows them. */
  provision(members: readonly Member[]): readonly Member[] {
    return members.map((member) => ({
      ...member,
      serverDevice: this.server.provision(member.serverDevice.provisioned),
    }));
  }

  hear(gateway: number, event: GatewayEvent): void {
    if (event.type === "ack") {
      this.#waiting[event.downlinkId]?.(event.statuses.includes("ok"));
    } else if (event.type === "uplink") {
      const { phyPayload, frequencyHz, rate, gpsUs } = event;
      const { regional, gpsAtStart } = this.#parts;
      const dr = drOfRate(regional.region.uplinkRates, rate);
      if (dr === undefined) throw new Error("an uplink at no data rate of its region");
      const endUs = gpsUs - gpsAtStart * 1e6;
      this.server.receive({ gateway, phyPayload, frequencyHz, dr, endUs });
    }
  }

  #transmit(request: DownlinkRequest, ack: (isSent: boolean) => void): void {
    const { phyPayload, frequencyHz, dr, timing, gateway = 0 } = request;
    const { regional, gpsAtStart, command } = this.#parts;
    const downlinkId = this.#waiting.push(ack) - 1;
    const rate = regional.region.downlinkRates[dr];
    const item = {
      phyPayload,
      frequencyHz,
      rate: rate?.modulation === "lora" ? rate : undefined,
      timing:
        timing.type === "at"
          ? ({ type: "gps", gpsUs: gpsAtStart * 1e6 + timing.us } as const)
          : timing,
    };
    command(gateway, { downlinkId, items: [item] });
  }
}
