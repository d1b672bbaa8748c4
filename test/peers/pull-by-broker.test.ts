import { afterAll, beforeAll, expect, test } from "vitest";
import { MqttLink } from "#hal/net/mqtt-link.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import { makePackage } from "#sim/server/thingsboard/ota-package.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { imageOf, signer } from "../tools/pull/pull-bench.ts";
import { CommandBench } from "../tools/run/command-bench.ts";
import { fakeSimulate } from "../tools/run/fake-fleet.ts";
import { Mosquitto } from "./mosquitto.ts";

/* The device's MQTT through a mosquitto; behind it, the stand-in answers as one of its clients. */

const bench = new CommandBench();
const states: unknown[] = [];
let broker: Mosquitto | undefined;
let link: MqttLink | undefined;

beforeAll(async () => {
  broker = await Mosquitto.start(bench.at("mosquitto.conf"));
});
afterAll(async () => {
  await link?.close();
  broker?.stop();
  bench.remove();
});

async function answerFrom(image: Uint8Array): Promise<void> {
  const engine = new Engine();
  const server = new ThingsBoard({
    scheduler: engine,
    entropy: new KeyedEntropy(1, 0),
    originUnixMs: 0,
    onTelemetry: (_, key, value) => key === "fw_state" && states.push(value),
  });
  server.addDevice("d1", "T");
  const facts = { id: "1", kind: "fw", title: "fw", version: "2.0.0", data: image } as const;
  server.assignToProfile(
    "default",
    "fw",
    makePackage({ ...facts, algorithm: "MURMUR3_128" }, new NodeCrypto()),
  );
  engine.advance(1_000_000);
  const session = new MqttSession(server, {
    connack: () => {},
    suback: () => {},
    puback: () => {},
    publish: (topic, payload) => link?.publish(topic, payload),
    close: () => {},
  });
  session.connect({ clean: true, username: "T" });
  link = await MqttLink.open(
    { url: broker?.url ?? "", clientId: "stand-in" },
    {
      onMessage: (topic, payload) => session.publish({ topic, payload, qos: 0, messageId: 0 }),
      onState: () => {},
    },
  );
  await link.subscribe([
    "v1/devices/me/telemetry",
    "v1/devices/me/attributes/request/+",
    "v2/fw/request/+/chunk/+",
  ]);
}

test("an update of 300 kB in chunks of 65536 bytes", async () => {
  const image = imageOf(300_000);
  await answerFrom(image);
  bench.write("key.pub.pem", signer.publicPem());
  const device = [
    "--state",
    bench.at("device"),
    "--key",
    bench.at("key.pub.pem"),
    "--chunk",
    "65536",
  ];
  const url = broker?.url ?? "";
  const pull = (...args: string[]) => bench.fuota(fakeSimulate(0), "pull", "--url", url, ...args);
  expect(await pull("--token", "T", "--once", ...device)).toBe(0);
  expect(states.slice(2)).toEqual(["DOWNLOADING", "DOWNLOADED", "VERIFIED", "UPDATING", "UPDATED"]);
  expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
});
