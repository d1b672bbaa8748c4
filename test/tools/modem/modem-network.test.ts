import { afterEach, expect, test, vi } from "vitest";
import type { Scenario } from "#scenarios/schema.ts";
import { PROFILES } from "#sim/modem/profiles.ts";
import { RefusedError } from "#tools/errors.ts";
import { gatewayWayOf } from "#tools/fleet/gateway-options.ts";
import { type ModemNetwork, openModemNetwork } from "#tools/modem/modem-network.ts";
import { modemSettingOf } from "#tools/modem/modem-setting.ts";
import type { LnsWorld } from "#tools/serve/lns/lns-world.ts";
import { openLns, type Protocol } from "../serve/lns/sockets.ts";

/** The virtual modem, by gateway and socket, at a server that is not its own. */

const SCENARIO: Scenario = {
  name: "desk",
  devices: { count: 1 },
  campaign: { redundancyPercent: 10 },
  air: { classADutyCycle: false },
  expect: {},
};
/** Of the device list that {@link openLns} makes. */
const SEED = 3;
const GPS_AT_START = 1_400_000_000;
const SPEED = 10;
const PATIENCE = { timeout: 60_000, interval: 20 };

const open: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Host {
  readonly network: ModemNetwork;
  readonly said: string[];
  /** All that the modem has printed. */
  heard(): string;
  tell(line: string): void;
}

async function hostOf(lns: LnsWorld, protocol: Protocol): Promise<Host> {
  const host = "127.0.0.1";
  const options = { broker: "", marshaler: "protobuf" } as const;
  const way =
    protocol === "udp"
      ? gatewayWayOf({ ...options, udp: { host, port: lns.udpPort ?? 0 } }, "EU868", 1)
      : gatewayWayOf({ ...options, station: `ws://${host}:${lns.stationPort}` }, "EU868", 1);
  let heard = "";
  const said: string[] = [];
  const network = await openModemNetwork({
    ...modemSettingOf("first-contact", { seed: SEED, set: ["air.multicastLoss.probability=0"] }),
    profile: PROFILES.rui4_2,
    way,
    time: { gpsAtStart: GPS_AT_START, ageMs: lns.clock.ageUs / 1000, speed: SPEED },
    emit: (bytes) => {
      heard += Buffer.from(bytes).toString("latin1");
    },
    say: (text) => said.push(text),
  });
  const running = network.clock.run();
  running.catch(() => {});
  open.push({
    close: async () => {
      network.clock.stop();
      await network.close();
    },
  });
  network.clock.sync();
  network.start();
  const tell = (line: string) => {
    network.clock.sync();
    network.modem.receive(Buffer.from(`${line}\r\n`));
  };
  return { network, said, heard: () => heard, tell };
}

test.each<Protocol>(["udp", "station"])(
  "by %s it joins, asks for the time, and hears the answer",
  async (protocol) => {
    const lns = await openLns(SCENARIO, {
      udp: protocol === "udp",
      station: protocol === "station",
    });
    open.push(lns);
    lns.clock.run().catch(() => {});
    const host = await hostOf(lns, protocol);
    await vi.waitUntil(() => host.said.some((text) => text.includes("connected")), PATIENCE);
    host.tell("AT+DR=5");
    // A machine that is busy with something else misses a window: a host would try again, too.
    host.tell("AT+JOIN=1:0:7:20");
    await vi.waitUntil(() => host.heard().includes("+EVT:JOINED"), PATIENCE);
    // AppTimeReq of TS003 v1, AnsRequired.
    const ask = setInterval(() => host.tell("AT+SEND=202:010000000010"), 500);
    const answer = /\+EVT:RX_[12]:-60:8:UNICAST:202:01[0-9a-f]{10}/;
    await vi.waitUntil(() => answer.test(host.heard()), PATIENCE).finally(() => clearInterval(ask));
    expect(host.said.some((text) => /^uplink, \d+ bytes at 86\d\.\d MHz, SF7$/.test(text))).toBe(
      true,
    );
  },
  120_000,
);

test("a server that is not there is refused in one line", async () => {
  const options = { broker: "mqtt://127.0.0.1:9", marshaler: "protobuf" } as const;
  const refusal = await openModemNetwork({
    ...modemSettingOf(undefined, {}),
    profile: PROFILES.rui4_2,
    way: gatewayWayOf(options, "EU868", 1),
    time: { gpsAtStart: GPS_AT_START, ageMs: 0 },
    emit: () => {},
    say: () => {},
  }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RefusedError);
  expect((refusal as RefusedError).message).not.toContain("\n");
});
