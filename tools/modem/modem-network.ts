import { NodeCrypto } from "#hal/node/crypto.ts";
import type { GpsSeconds } from "#hal/ports.ts";
import type { Engine } from "#sim/kernel/engine.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import type { ModemProfile } from "#sim/modem/profiles.ts";
import { ServedModem } from "#sim/modem/served-modem.ts";
import type { VirtualModem } from "#sim/modem/virtual-modem.ts";
import type { GatewayLink } from "#tools/fleet/gateway-link.ts";
import type { GatewayWay } from "#tools/fleet/gateway-options.ts";
import { isSendable } from "#tools/fleet/sendable.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { STATS_INTERVAL_S } from "#tools/provision/chirpstack.ts";
import { gatewayIdOf } from "#tools/provision/names.ts";
import type { ModemSetting } from "./modem-setting.ts";

export interface NetworkInput extends ModemSetting {
  readonly profile: ModemProfile;
  /** Undefined: a network of its own. */
  readonly way: GatewayWay | undefined;
  /** When its world begins: so many milliseconds ago. A test's may run faster than time does. */
  readonly time: {
    readonly gpsAtStart: GpsSeconds;
    readonly ageMs: number;
    readonly speed?: number;
  };
  readonly emit: (bytes: Uint8Array) => void;
  readonly say: (text: string) => void;
}

/** A virtual modem on the wall clock, and whatever network it is in. */
export interface ModemNetwork {
  readonly engine: Engine;
  readonly modem: VirtualModem;
  readonly clock: WallClock;
  start(): void;
  close(): Promise<void>;
}

/** Rejects with `RefusedError` when there is no such server. */
export async function openModemNetwork(input: NetworkInput): Promise<ModemNetwork> {
  return input.way === undefined ? ownNetwork(input) : await servedNetwork(input, input.way);
}

function ownNetwork({ say, time, ...input }: NetworkInput): ModemNetwork {
  const lab = new ModemLab({
    ...input,
    crypto: new NodeCrypto(),
    gpsAtStart: time.gpsAtStart,
    onUplink: (fPort, payload) =>
      say(`uplink on port ${fPort}: ${Buffer.from(payload).toString("hex")}`),
  });
  return {
    engine: lab.engine,
    modem: lab.modem,
    clock: new WallClock(lab.engine, time.ageMs, time.speed),
    start: () => lab.modem.powerOn(),
    close: async () => {},
  };
}

async function servedNetwork(
  { say, time, ...input }: NetworkInput,
  way: GatewayWay,
): Promise<ModemNetwork> {
  const links: GatewayLink[] = [];
  const world = new ServedModem({
    ...input,
    crypto: new NodeCrypto(),
    gpsAtStart: time.gpsAtStart,
    statsIntervalS: STATS_INTERVAL_S,
    acknowledges: way.acknowledges,
    toServer: (event) => {
      for (const link of links) link.send(0, event);
      if (event.type === "uplink") {
        const { frequencyHz, rate, phyPayload } = event;
        say(`uplink, ${phyPayload.length} bytes at ${frequencyHz / 1e6} MHz, SF${rate.sf}`);
      }
    },
  });
  const clock = new WallClock(world.engine, time.ageMs, time.speed);
  const id = gatewayIdOf(0);
  const link = await way.open([id], {
    onCommand: (_, command) => {
      if (!isSendable(command)) {
        say("a downlink beyond what can be sent");
        return;
      }
      clock.sync();
      world.command(command);
    },
    onOddity: say,
    onState: (state) => say(`the server of gateway ${id}: ${state}`),
  });
  links.push(link);
  return {
    engine: world.engine,
    modem: world.modem,
    clock,
    start: () => world.start(),
    close: () => link.close(),
  };
}
