import { afterAll, beforeAll, expect, test } from "vitest";
import { drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import { MqttLink } from "#hal/net/mqtt-link.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import { imageOf, signer } from "../tools/pull/pull-bench.ts";
import { CommandBench } from "../tools/run/command-bench.ts";
import { fakeSimulate } from "../tools/run/fake-fleet.ts";
import { Mosquitto } from "./mosquitto.ts";

/*
 * Drogue's endpoints with a mosquitto behind them; who answers is another client of that broker, as a
 * drogue-ajour is.
 */

const stop = new AbortController();
const server = new CommandBench({ interruption: () => ({ signal: stop.signal, end: () => {} }) });
const device = new CommandBench();
const image = imageOf(100_000);
const events: Readonly<Record<string, unknown>>[] = [];
let broker: Mosquitto | undefined;
let answers: MqttLink | undefined;
let served: Promise<number> | undefined;
const before = process.env["FUOTA_PASSWORD"];

beforeAll(async () => {
  process.env["FUOTA_PASSWORD"] = "secret";
  server.write("app.img", image);
  device.write("key.pub.pem", signer.publicPem());
  broker = await Mosquitto.start(server.at("mosquitto.conf"));
  served = server.fuota(
    fakeSimulate(0),
    ...["serve", "drogue", "--package", server.at("app.img"), "--version", "2.0.0"],
    ...["--port", "0", "--mqtt", "0", "--broker", broker.url],
    ...["--device", "d1:secret", "--device", "child:x::d1"],
  );
  const isOpen = () => server.terminal.stdout.includes("endpoints");
  while (!isOpen()) await new Promise((resolve) => setImmediate(resolve));
});
afterAll(async () => {
  stop.abort();
  await served;
  await answers?.close();
  broker?.stop();
  server.remove();
  device.remove();
  if (before === undefined) delete process.env["FUOTA_PASSWORD"];
  else process.env["FUOTA_PASSWORD"] = before;
});

/** From what it reads of the broker alone. */
async function answerFrom(url: string): Promise<void> {
  const cloud = new DrogueCloud({ scheduler: new Engine(), originUnixMs: 0 });
  const service = new UpdateService(cloud);
  service.publish(makeFirmware({ name: "app", version: "2.0.0", data: image }, new NodeCrypto()));
  cloud.registry.rollOut("app1", { file: { name: "app" } });
  for (const name of ["d1", "child"]) cloud.registry.addDevice("app1", { name, password: "" });
  const onMessage = (_: string, payload: Uint8Array) => {
    const event = JSON.parse(new TextDecoder().decode(payload));
    events.push(event);
    const asked = cloud.registry.device(event.application, event.device);
    const status = decodeCbor(drogueStatus, Buffer.from(event.data_base64, "base64"));
    const command = asked && status.ok ? service.answer(asked, status.value) : undefined;
    if (command === undefined) throw new RangeError("an event that nobody can answer");
    const topic = `command/${event.application}/${event.device}/dfu`;
    answers?.publish(topic, encodeCbor(drogueCommand, command, "packed"));
  };
  answers = await MqttLink.open(
    { url, clientId: "update-server" },
    { onMessage, onState: () => {} },
  );
  await answers.subscribe(["app/app1"]);
}

function pull(scheme: string, ...args: readonly string[]): Promise<number> {
  const url = new RegExp(`${scheme}:\\S+`).exec(server.terminal.stdout)?.[0] ?? "";
  const who = ["--dialect", "drogue", "--url", url, "--username", "d1@app1", "--once"];
  const key = ["--key", device.at("key.pub.pem")];
  return device.fuota(fakeSimulate(0), "pull", ...who, ...key, ...args);
}

test("nobody answers: one clear line", async () => {
  const refused = pull("http", "--state", device.at("lonely"), "--timeout", "1300");
  await expect(refused).rejects.toThrow("no command came in 1 s");
});

test.each([
  { scheme: "http", args: [], speaksFor: "d1" },
  { scheme: "http", args: ["--as", "child"], speaksFor: "child" },
  { scheme: "mqtt", args: [], speaksFor: "d1" },
  { scheme: "mqtt", args: ["--as", "child"], speaksFor: "child" },
])("by $scheme, an update of $speaksFor", async ({ scheme, args, speaksFor }) => {
  if (answers === undefined) await answerFrom(broker?.url ?? "");
  events.length = 0;
  device.terminal.stdout = "";
  const state = device.at(`${scheme}-${speaksFor}`);
  expect(await pull(scheme, "--state", state, ...args)).toBe(0);
  expect(device.terminal.stdout).toContain("runs 2.0.0, as it should");
  const facts = { specversion: "1.0", type: "io.drogue.event.v1", subject: "dfu" };
  const who = { application: "app1", device: speaksFor, sender: "d1" };
  for (const event of events) expect(event).toMatchObject({ ...facts, ...who });
  // What there is, 7 chunks of 16 KiB, the end, and that it runs.
  expect(events).toHaveLength(10);
});
