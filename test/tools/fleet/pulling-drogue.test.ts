import { mkdirSync, readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { RefusedError } from "#tools/errors.ts";
import { firmwareSizesOf, signerOf } from "#tools/run/images.ts";
import { loadScenario } from "#tools/scenario/load.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { liveComplaint, liveFleet, urlsOf } from "./live-fleet.ts";

const stop = new AbortController();
const server = new CommandBench({
  interruption: () => ({ signal: stop.signal, end: () => {} }),
  now: () => performance.now(),
});
const bench = new CommandBench({ firmwareSizesOf, now: () => performance.now() });
const index = server.at("index");
let urls: readonly string[] = [];
let served: Promise<number> = Promise.resolve(0);

const FLEET = `name: live
firmware: { sizeBytes: 16384 }
expect: { updated: all, serverComplete: all }
pull:
`;
const QUICK =
  "dialect: drogue, startDelayMaxS: 0, answerTimeoutS: 1.5, backOff: { firstS: 0.02, maxS: 0.1 }";
const LINK = "latencyMs: { min: 0, max: 2 }";

beforeAll(async () => {
  process.env["FUOTA_DROGUE_TOKEN"] = "secret";
  mkdirSync(index);
  const ports = ["--port", "0", "--mqtt", "0", "--coap", "0", "--user-token", "secret"];
  served = server.fuota(fakeSimulate(0), "serve", "drogue", ...ports, "--index", index);
  urls = await urlsOf(server, 3);
}, 60_000);

afterEach(() => vi.unstubAllGlobals());
afterAll(async () => {
  delete process.env["FUOTA_DROGUE_TOKEN"];
  stop.abort();
  expect(await served).toBe(130);
  server.remove();
  bench.remove();
});

const places = () => {
  const [http = "", mqtt = "", coap = ""] = urls;
  return [
    ...["--drogue", http, "--drogue-mqtt", mqtt, "--drogue-coap", coap],
    ...["--drogue-index", index],
  ];
};

const fleet = (text: string, ...args: readonly string[]) =>
  liveFleet(bench, text, [...places(), ...args]);
const complaint = (text: string, ...args: readonly string[]) => liveComplaint(bench, text, args);

/** All that is on the server and in its index, but for the device that it has by itself. */
async function left(): Promise<readonly string[]> {
  const authorization = `Basic ${Buffer.from("admin:secret").toString("base64")}`;
  const path = "/api/registry/v1alpha1/apps/app1/devices";
  const list: unknown = await (
    await fetch(`${urls[0]}${path}`, { headers: { authorization } })
  ).json();
  const names = Array.isArray(list) ? list.map(({ metadata }) => metadata.name) : ["?"];
  return [...names.filter((name) => name !== "device-1"), ...readdirSync(index)];
}

const texts = ({ timeline }: { timeline: readonly { text: string }[] }) =>
  timeline.map(({ text }) => text);

test("a scenario's devices pull by each transport, in both spellings, and nothing stays there", async () => {
  const { status, report, devices } = await fleet(
    `${FLEET}  - { name: meter, count: 2, chunkBytes: 4096, ${QUICK}, link: { ${LINK}, loss: 0.03 } }
  - { name: gateway, count: 2, transport: mqtt, cbor: named, chunkBytes: 4096, ${QUICK}, link: { ${LINK} } }
  - { name: valve, count: 2, transport: coap, package: { checksum: none }, ${QUICK}, link: { ${LINK} } }
`,
  );
  expect(report.expectations).toMatchObject([{ ok: true }, { ok: true }]);
  expect(status).toBe(0);
  expect(devices.map(({ id, kind, bootedVersion }) => [id, kind, bootedVersion])).toEqual(
    ["meter", "meter", "gateway", "gateway", "valve", "valve"].map((kind, id) => [
      ...[id, kind, "2.0.0+0"],
    ]),
  );
  expect(server.terminal.stdout).toMatch(/fuota-live-live-1-2 {2}runs 2\.0\.0/);
  expect(await left()).toEqual([]);
}, 60_000);

test.each(["http", "mqtt", "coap"])(
  "the same seed loses the same messages by %s live as in virtual time",
  async (transport) => {
    const faults = ["close", "short"].map(
      (kind, at) => `{ kind: ${kind}, chunk: ${2 + 3 * at}, times: 1 }`,
    );
    const text = `${FLEET}  - name: meter
    count: 3
    dialect: drogue
    transport: ${transport}
    chunkBytes: ${transport === "coap" ? 960 : 2048}
    startDelayMaxS: 0
    answerTimeoutS: 1.5
    backOff: { firstS: 0.02, maxS: 0.1 }
    link: { latencyMs: { min: 10, max: 20 }, loss: ${transport === "mqtt" ? 0.03 : 0.06} }
    faults: [{ kind: reset, share: 0.5, when: { atChunk: 4 } }]
    server: { chunkFaults: [${faults.join(", ")}] }
`;
    const { devices } = await fleet(text, "--seed", "7");
    const { scenario } = loadScenario(bench.at("live.yaml"));
    const simulated: unknown[] = [];
    const figures: unknown[] = [];
    runScenario(
      {
        ...{ scenario, seed: 7 },
        onDevice: (device) => {
          simulated.push(texts(device));
          figures.push(device.pull);
        },
      },
      new NodeCrypto(),
      signerOf(7, "ed25519"),
    );
    expect(devices.map(texts)).toEqual(simulated);
    // By MQTT, what was under way when a connection ended is a matter of moments.
    if (transport !== "mqtt") expect(devices.map(({ pull }) => pull)).toEqual(figures);
    expect(simulated.flat()).toContain("reset");
  },
  60_000,
);

test("devices of two kinds of server run at the same time, into one report", async () => {
  const end = new AbortController();
  const other = new CommandBench({
    interruption: () => ({ signal: end.signal, end: () => {} }),
    now: () => performance.now(),
  });
  process.env["FUOTA_PASSWORD"] = "other";
  const running = other.fuota(fakeSimulate(0), "serve", "thingsboard", "--port", "0");
  const found = () => /http:\/\/[\d.]+:\d+/.exec(other.terminal.stdout)?.[0];
  while (found() === undefined) await new Promise((resolve) => setImmediate(resolve));
  const { status, report, devices } = await fleet(
    `${FLEET}  - { name: camera, count: 2, ${QUICK}, link: { ${LINK}, loss: 0.1 } }
  - { name: meter, count: 1, startDelayMaxS: 0, link: { ${LINK} } }
`,
    ...["--thingsboard", found() ?? "", "--seed", "3"],
  );
  end.abort();
  await running;
  other.remove();
  delete process.env["FUOTA_PASSWORD"];
  expect(status).toBe(0);
  expect(report.cells).toMatchObject([{ index: 0 }, { index: 1 }]);
  const rows = devices.map(({ id, kind, cell, state }) => [id, kind, cell, state]);
  expect(rows.toSorted()).toEqual([
    [0, "camera", 1, "updated"],
    [1, "camera", 1, "updated"],
    [2, "meter", 0, "updated"],
  ]);
}, 60_000);

test("another firmware first: until a moment, or a chunk", async () => {
  const earlier = (name: string, until: string) =>
    `  - { name: ${name}, count: 1, transport: mqtt, pollS: 1, chunkBytes: 2048, ${QUICK}, link: { ${LINK} }, server: { earlier: { version: 1.9.0, until: ${until} } } }\n`;
  const { status, devices } = await fleet(
    `${FLEET}${earlier("early", "{ atChunk: 3 }")}${earlier("late", "{ atS: 1.5 }")}`,
  );
  expect(devices.map((device) => texts(device).join())).toEqual([
    expect.stringMatching(/offers fw 1.9.0.*offers fw 2.0.0/),
    expect.stringMatching(/offers fw 1.9.0.*stays.*offers fw 2.0.0.*stays/),
  ]);
  expect(status).toBe(0);
}, 60_000);

test("a device with a wrong password is not reached: status 1, and no wait for it", async () => {
  const { status, report } = await fleet(
    `${FLEET}  - { name: thief, count: 1, token: wrong, ${QUICK}, link: { ${LINK} } }\n`,
  );
  expect(status).toBe(1);
  expect(report.devices).toMatchObject([{ state: "neverReached", reason: "denied" }]);
  expect(await left()).toEqual([]);
}, 60_000);

test("a registry that others write to is read anew; one that is away for a while ends no run", async () => {
  const real = globalThis.fetch;
  const statuses: Record<string, number[]> = { PUT: [409, 409], GET: [] };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const status = statuses[init.method ?? ""]?.shift();
    if (init.method === "PUT" && status === undefined) statuses["GET"] = [503, 503];
    return status === undefined ? await real(url, init) : new Response("", { status });
  });
  bench.terminal.stderr = "";
  const one = `${FLEET}  - { name: meter, count: 1, ${QUICK}, link: { ${LINK} } }\n`;
  expect((await fleet(one)).status).toBe(0);
  expect(bench.terminal.stderr.match(/not asked what it has heard: \S+ answers 503/g)).toHaveLength(
    1,
  );
  expect(statuses).toEqual({ PUT: [], GET: [] });
}, 60_000);

describe("what a real server cannot be made to do is refused, with its place", () => {
  test.each([
    ["restarts: [{ atS: 1, forS: 1 }]", "http"],
    ["without: [silentOnErrors]", "http"],
    ["calls: true", "mqtt"],
  ])("%s", async (key, transport) => {
    const text = `${FLEET}  - { name: meter, count: 1, dialect: drogue, transport: ${transport}, server: { ${key} } }\n`;
    const name = key.slice(0, key.indexOf(":"));
    expect(await complaint(text, ...places())).toMatch(
      new RegExp(
        `live\\.yaml.*pull\\[0\\]\\.server\\.${name} says what our own server does; .*leave`,
      ),
    );
  });

  test("the dialect of a document", async () => {
    const text = `${FLEET}  - { name: meter, count: 1, dialect: documented }\n`;
    expect(await complaint(text, ...places())).toMatch(/pull\[0\]\.dialect is documented: /);
  });
});

describe("one clear line", () => {
  const one = `${FLEET}  - { name: meter, count: 1, dialect: drogue }\n`;

  test.each([
    [[], /live: has devices that pull from a Drogue; --drogue http/],
    [["--drogue", "localhost:8080"], /expected http: or https/],
    [["--drogue", "http://127.0.0.1:1"], /--drogue-index is missing: the folder where/],
    [["--drogue-mqtt", "http://a"], /expected mqtt:\/\/host:port/],
    [["--drogue-coap", "coaps://a"], /expected coap:\/\/host:port/],
  ])("%j", async (args, words) => {
    bench.terminal.stderr = "";
    expect(await complaint(one, ...args)).toMatch(words);
  });

  test.each([
    [["--drogue-user", "nobody"], /does not know nobody with this token \(403\)/],
    [["--drogue-application", "none"], /has no application none/],
    [["--drogue-registry", "http://127.0.0.1:1"], /^http:\/\/127\.0\.0\.1:1: bad port/],
  ])("%j: status 3", async (args, words) => {
    const refused = await fleet(one, ...args).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedError);
    expect((refused as RefusedError).message).toMatch(words);
  });

  test("an index that is no folder, or an unknown user's token: before anything is made", async () => {
    bench.write("file", "");
    expect(await complaint(one, ...places(), "--drogue-index", bench.at("file"))).toMatch(
      /cannot make .*file: exists already/,
    );
    delete process.env["FUOTA_DROGUE_TOKEN"];
    expect(await complaint(one, ...places())).toMatch(/FUOTA_DROGUE_TOKEN is not set/);
    process.env["FUOTA_DROGUE_TOKEN"] = "secret";
    expect(await left()).toEqual([]);
  });
});
