import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { BrokerRefused, MqttLink } from "#hal/net/mqtt-link.ts";

/** A mosquitto that goes away and comes back. */

const folder = mkdtempSync(join(tmpdir(), "fuota-broker-"));
let port = 0;
let broker: ChildProcess | undefined;
const links: MqttLink[] = [];

beforeAll(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new RangeError("no port");
  port = address.port;
  server.close();
  await once(server, "close");
  writeFileSync(
    join(folder, "mosquitto.conf"),
    `listener ${port} 127.0.0.1\nallow_anonymous true\n`,
  );
});
beforeEach(start);
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  await stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(): Promise<void> {
  broker = spawn("mosquitto", ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
  broker.on("error", () => {});
  await until(isListening);
}

async function stop(): Promise<void> {
  if (broker === undefined || broker.exitCode !== null) return;
  const gone = once(broker, "exit");
  broker.kill();
  await gone;
}

function isListening(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function open(clientId: string) {
  const heard: string[] = [];
  const states: string[] = [];
  const link = await MqttLink.open(
    { url: `mqtt://127.0.0.1:${port}`, clientId },
    {
      onMessage: (topic, payload) =>
        heard.push(`${topic}: ${Buffer.from(payload).toString("hex")}`),
      onState: (state) => states.push(state),
    },
  );
  links.push(link);
  return { link, heard, states };
}

test("what one publishes the other hears, byte for byte", async () => {
  const a = await open("a");
  const b = await open("b");
  await b.link.subscribe(["eu868/gateway/+/command/+"]);
  a.link.publish("eu868/gateway/01/command/down", Uint8Array.of(0, 0xff, 0x80));
  a.link.publish("eu868/gateway/01/event/up", Uint8Array.of(1));
  a.link.publish("eu868/gateway/02/command/down", new Uint8Array(0));
  await until(() => b.heard.length === 2);
  expect(b.heard).toEqual([
    "eu868/gateway/01/command/down: 00ff80",
    "eu868/gateway/02/command/down: ",
  ]);
});

test("a link outlives its broker: it comes back, subscribed as before", async () => {
  const a = await open("a");
  const b = await open("b");
  await b.link.subscribe(["news"]);
  await stop();
  await until(() => a.states.includes("lost") && b.states.includes("lost"));
  await start();
  await until(() => b.states.includes("connected"));
  await until(() => {
    a.link.publish("news", Uint8Array.of(7));
    return b.heard.length > 0;
  });
  expect(b.heard[0]).toBe("news: 07");
});

test("a broker that is not there is refused, with its address", async () => {
  await stop();
  const refusal = await open("a").then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(BrokerRefused);
  expect((refusal as BrokerRefused).message).toContain(`mqtt://127.0.0.1:${port}: `);
});
