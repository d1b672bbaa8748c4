import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { DrogueServerBench } from "./drogue-bench.ts";
import { imageOf, signer } from "./pull-bench.ts";

const bench = new CommandBench();
bench.write("key.pub.pem", signer.publicPem());
const before = process.env["FUOTA_PASSWORD"];
const servers: DrogueServerBench[] = [];
beforeEach(() => {
  process.env["FUOTA_PASSWORD"] = "secret";
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  bench.terminal.stdout = "";
});
afterAll(() => {
  if (before === undefined) delete process.env["FUOTA_PASSWORD"];
  else process.env["FUOTA_PASSWORD"] = before;
  bench.remove();
});

const image = imageOf(20_000);
let folders = 0;

function serverOf(data = image): DrogueServerBench {
  const server = DrogueServerBench.of(data);
  servers.push(server);
  return server;
}

function pull(url: string, ...args: readonly string[]): Promise<number> {
  const given = ["--dialect", "drogue", "--url", url, "--once", ...args];
  return bench.fuota(fakeSimulate(0), "pull", ...given);
}

const device = () => [
  "--username",
  "d1@app1",
  "--state",
  bench.at(`device-${folders++}`),
  "--key",
  bench.at("key.pub.pem"),
  "--chunk",
  "4096",
  "--bank",
  "65536",
];

describe.each(["packed", "named"])("%s CBOR", (cbor) => {
  test("takes an update, and has it the next time", async () => {
    const server = serverOf();
    const url = await server.openHttp();
    const args = device();
    expect(await pull(url, "--cbor", cbor, ...args)).toBe(0);
    expect(server.offsets).toEqual([0, 4096, 8192, 12_288, 16_384, image.length]);
    expect(server.device.status).toMatchObject({ firmware: { current: "2.0.0" } });
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
    expect(await pull(url, "--cbor", cbor, ...args)).toBe(0);
    expect(server.offsets).toHaveLength(6);
  });
});

test("for a child device", async () => {
  const server = serverOf();
  expect(await pull(await server.openHttp(), "--as", "child", ...device())).toBe(0);
  const child = server.cloud.registry.device("app1", "child");
  expect(child?.status).toMatchObject({ firmware: { current: "2.0.0" } });
});

test("by MQTT, for itself and for a child; and a password that the server does not know", async () => {
  const server = serverOf();
  const url = await server.openMqtt();
  expect(await pull(url, ...device())).toBe(0);
  expect(await pull(url, "--as", "child", ...device())).toBe(0);
  const { devices } = server.cloud.registry.application("app1");
  for (const one of devices.values()) {
    expect(one.status).toMatchObject({ firmware: { current: "2.0.0" } });
  }
  process.env["FUOTA_PASSWORD"] = "other";
  await expect(pull(url, ...device())).rejects.toThrow(
    `${url}: the server does not know these credentials`,
  );
});

test("by CoAP, for itself and for a child, in pieces; and a password that the server does not know", async () => {
  const server = serverOf();
  const url = await server.openCoap();
  expect(await pull(url, ...device())).toBe(0);
  expect(server.offsets.slice(0, 6)).toEqual([0, 960, 1920, 2880, 3840, 4096]);
  expect(await pull(url, "--as", "child", ...device())).toBe(0);
  const { devices } = server.cloud.registry.application("app1");
  for (const one of devices.values()) {
    expect(one.status).toMatchObject({ firmware: { current: "2.0.0" } });
  }
  process.env["FUOTA_PASSWORD"] = "other";
  await expect(pull(url, ...device())).rejects.toThrow(
    `${url}: the server does not know this device or its password`,
  );
});

describe.each(["http", "mqtt", "coap"] as const)("a gateway for three children, by %s", (kind) => {
  test("each takes the update; by MQTT in one session", async () => {
    const server = serverOf();
    const { registry } = server.cloud;
    const names = ["child", "child 2", "child 3"];
    for (const name of names.slice(1)) {
      registry.addDevice("app1", { name, password: "", gateways: ["d1"] });
    }
    const open = {
      http: () => server.openHttp(),
      mqtt: () => server.openMqtt(),
      coap: () => server.openCoap(),
    };
    bench.write("children.json", JSON.stringify(names.map((name) => ({ name }))));
    const fleet = ["--devices", bench.at("children.json"), ...device()];
    expect(await pull(await open[kind](), ...fleet)).toBe(0);
    expect(bench.terminal.stdout).toMatch(/3 devices in [\d.]+ s: 3 updated\n$/);
    for (const name of names) {
      const child = registry.device("app1", name);
      expect(child?.status).toMatchObject({ firmware: { current: "2.0.0" } });
    }
    expect(server.device.status).toEqual({});
    expect(server.sessions).toBe(kind === "mqtt" ? 1 : 0);
  });
});

test("a gateway by MQTT: a child that is not its own does not keep the others from it", async () => {
  const server = serverOf();
  server.cloud.registry.addDevice("app1", { name: "foreign", password: "" });
  bench.write("children.json", JSON.stringify([{ name: "foreign" }, { name: "child" }]));
  const fleet = ["--devices", bench.at("children.json"), ...device()];
  expect(await pull(await server.openMqtt(), ...fleet)).toBe(3);
  expect(bench.terminal.stdout).toMatch(/1 updated, 1 without a server\n$/);
});

test("a gateway whose password the server does not know: no child has a server", async () => {
  process.env["FUOTA_PASSWORD"] = "other";
  bench.write("children.json", JSON.stringify([{ name: "child" }, { name: "child 2" }]));
  const fleet = ["--devices", bench.at("children.json"), ...device()];
  expect(await pull(await serverOf().openMqtt(), ...fleet)).toBe(3);
  expect(bench.terminal.stdout).toMatch(/: 2 without a server\n$/);
});

test("an image larger than the bank: status 1", async () => {
  const server = serverOf(imageOf(65_536));
  expect(await pull(await server.openHttp(), ...device())).toBe(1);
  expect(bench.terminal.stdout).toMatch(/refused \(imageFormat\)/);
});

test("a password that the server does not know: status 3", async () => {
  process.env["FUOTA_PASSWORD"] = "other";
  const url = await serverOf().openHttp();
  await expect(pull(url, ...device())).rejects.toThrow(
    `${url}: the server does not know this device or its password`,
  );
});

test.each([
  { args: [], says: /--username says who it is to Drogue/ },
  { args: ["--username", "d1@app1", "--as", "a/b"], says: /--as: expected a device's name/ },
  {
    args: ["--username", "d1@app1", "--as", "a", "--devices", "x.json"],
    says: /--as and --devices do not go together/,
  },
  { args: ["--username", "d1"], says: /--username says who it is to Drogue/ },
  { args: ["--username", "d1@app1", "--cbor", "json"], says: /Allowed choices are packed, named/ },
])("$args", async ({ args, says }) => {
  const given = ["pull", "--dialect", "drogue", "--url", "http://x", "--state", "s", ...args];
  bench.terminal.stderr = "";
  expect(await bench.complaint(fakeSimulate(0), ...given)).toMatch(says);
});
