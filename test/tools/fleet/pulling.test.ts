import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { runScenario } from "#sim/fleet/run.ts";
import { PullNode } from "#sim/pull/node.ts";
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
let urls: readonly string[] = [];
let served: Promise<number> = Promise.resolve(0);

const FLEET = `name: live
firmware: { sizeBytes: 16384 }
expect: { updated: all, serverComplete: all }
pull:
`;
const QUICK = "startDelayMaxS: 0, answerTimeoutS: 1, backOff: { firstS: 0.02, maxS: 0.1 }";
const LINK = "latencyMs: { min: 0, max: 2 }";

beforeAll(async () => {
  process.env["FUOTA_PASSWORD"] = "secret";
  // Whoever asks before it is told asks again after minutes.
  const ports = ["--port", "0", "--mqtt", "0", "--coap", "0", "--without", "throttles"];
  served = server.fuota(fakeSimulate(0), "serve", "thingsboard", ...ports);
  urls = await urlsOf(server, 4);
}, 60_000);

afterAll(async () => {
  delete process.env["FUOTA_PASSWORD"];
  stop.abort();
  expect(await served).toBe(130);
  server.remove();
  bench.remove();
});

function fleet(text: string, ...args: readonly string[]) {
  const [http = "", mqtt = "", coap = ""] = urls;
  const where = ["--thingsboard", http, "--thingsboard-mqtt", mqtt, "--thingsboard-coap", coap];
  return liveFleet(bench, text, [...where, ...args]);
}
const complaint = (text: string, ...args: readonly string[]) => liveComplaint(bench, text, args);

async function devicesThere(): Promise<number> {
  const [http = ""] = urls;
  const body = JSON.stringify({ username: "tenant@thingsboard.org", password: "secret" });
  const login = await fetch(`${http}/api/auth/login`, { method: "POST", body });
  const { token } = Object(await login.json());
  const headers = { "x-authorization": `Bearer ${token}` };
  const path = "/api/tenant/deviceInfos?pageSize=100&page=0";
  const { totalElements } = Object(await (await fetch(`${http}${path}`, { headers })).json());
  return totalElements;
}

const texts = ({ timeline }: { timeline: readonly { text: string }[] }) =>
  timeline.map(({ text }) => text);

test("a scenario's devices pull over each transport from a server on sockets, and nothing stays there", async () => {
  const { status, report, devices } = await fleet(
    `${FLEET}  - { name: meter, count: 2, chunkBytes: 4096, ${QUICK}, link: { ${LINK}, loss: 0.03 } }
  - { name: gateway, count: 2, transport: mqtt, chunkBytes: 4096, ${QUICK}, link: { ${LINK} } }
  - { name: valve, count: 2, transport: coap, ${QUICK}, link: { ${LINK}, duplicates: 0.1 } }
`,
  );
  expect(report.expectations).toMatchObject([{ ok: true }, { ok: true }]);
  expect(status).toBe(0);
  expect(report).toMatchObject({
    schemaVersion: 1,
    totals: { devices: 6, updated: 6 },
    cells: [{ index: 0, devices: 6 }],
  });
  expect(devices.map(({ id, kind, bootedVersion }) => [id, kind, bootedVersion])).toEqual(
    ["meter", "meter", "gateway", "gateway", "valve", "valve"].map((kind, id) => [
      ...[id, kind, "2.0.0+0"],
    ]),
  );
  expect(bench.read("r.junit")).toMatch(/tests="2" failures="0".*"expect updated"\/>/s);
  const [, page = ""] = /id="data">(.*?)<\/script>/.exec(bench.read("r.html")) ?? [];
  const { run } = JSON.parse(page);
  expect(run).toMatchObject({ isLive: true, pullsOnly: true, totals: { updated: 6 } });
  expect(run.replay).toBe(`fuota run ${bench.at("live.yaml")} --seed 1`);
  expect([run.progress.updated[0], run.progress.updated.at(-1)]).toEqual([0, 100]);
  expect(await devicesThere()).toBe(0);
  const shown = `${bench.terminal.stdout}${bench.terminal.stderr}`;
  expect(shown).toMatch(/server's view: 6 of 6 complete/);
  expect(shown).toMatch(/\d+ messages, \d+ of them lost on the simulated links/);
}, 60_000);

test("the same seed loses the same messages live as in virtual time", async () => {
  const text = `${FLEET}  - name: meter
    count: 3
    chunkBytes: 2048
    startDelayMaxS: 0
    answerTimeoutS: 1
    backOff: { firstS: 0.02, maxS: 0.1 }
    link: { ${LINK}, loss: 0.06, truncation: 0.05 }
    faults: [{ kind: reset, share: 0.5, when: { atChunk: 4 } }]
    server: { chunkFaults: [{ kind: close, chunk: 2, times: 1 }, { kind: short, chunk: 5, times: 1 }] }
`;
  const { devices } = await fleet(text, "--seed", "7");
  bench.write("simulated.yaml", text.replace("server: {", "server: { without: [throttles],"));
  const { scenario } = loadScenario(bench.at("simulated.yaml"));
  const simulated: unknown[] = [];
  runScenario(
    { scenario, seed: 7, onDevice: (device) => simulated.push(texts(device)) },
    new NodeCrypto(),
    signerOf(7, "ed25519"),
  );
  expect(devices.map(texts)).toEqual(simulated);
  expect(simulated.flat()).toContain("reset");
  expect(simulated.flat().join()).toMatch(/no answer in 1000 ms.*the connection was closed/);
}, 60_000);

test("another package first, then the firmware in the middle of its download", async () => {
  const { status, devices } = await fleet(
    `${FLEET}  - name: gateway
    count: 1
    transport: mqtt
    chunkBytes: 2048
    startDelayMaxS: 0
    link: { ${LINK} }
    server: { earlier: { version: 1.9.0, until: { atChunk: 3 } } }
`,
  );
  expect(status).toBe(0);
  const [gateway] = devices;
  expect(texts(gateway).join()).toMatch(/offers fw 1.9.0.*offers fw 2.0.0/);
}, 60_000);

test("packages are assigned when the scenario says so", async () => {
  const { status, devices } = await fleet(
    `${FLEET}  - name: meter
    count: 1
    longPolls: true
    startDelayMaxS: 0
    link: { ${LINK} }
    server: { assignAtS: 0.5, earlier: { version: 1.9.0, until: { atS: 2 } } }
`,
  );
  expect(status).toBe(0);
  const offered = devices[0].timeline.filter(({ text }: { text: string }) => /offers/.test(text));
  expect(texts(devices[0]).join()).toMatch(/offers fw 1.9.0.*stays.*offers fw 2.0.0.*stays/);
  expect(offered[0].atS).toBeGreaterThanOrEqual(0.5);
  expect(offered[1].atS).toBeGreaterThanOrEqual(2);
}, 60_000);

describe("an API that fails", () => {
  const real = globalThis.fetch;
  afterEach(() => vi.unstubAllGlobals());
  const failing = (isMeant: (url: string, method: string) => boolean, statuses: number[]) =>
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const status = isMeant(url, init.method ?? "GET") ? statuses.shift() : undefined;
      return status === undefined ? await real(url, init) : new Response("", { status });
    });
  const one = `${FLEET}  - { name: meter, count: 1, ${QUICK}, link: { ${LINK} } }\n`;

  test("for a while ends no run, and is told once", async () => {
    // Logs in anew, is away, is away.
    failing((url) => url.includes("/values/timeseries"), [401, 503, 503]);
    bench.terminal.stderr = "";
    expect((await fleet(one)).status).toBe(0);
    expect(
      bench.terminal.stderr.match(/not asked what it has heard: \S+ answers 503/g),
    ).toHaveLength(1);
  }, 60_000);

  test("to take things away leaves them, which the next run mends", async () => {
    let isOver = false;
    failing(
      (url, method) => {
        isOver ||= url.includes("/values/timeseries");
        return isOver && method === "DELETE";
      },
      [500],
    );
    bench.terminal.stderr = "";
    expect((await fleet(one)).status).toBe(0);
    expect(bench.terminal.stderr).toMatch(/what was made there could not be taken away: .* 500/);
    vi.unstubAllGlobals();
    expect(await devicesThere()).toBe(1);
    expect((await fleet(one)).status).toBe(0);
    expect(await devicesThere()).toBe(0);
  }, 60_000);
});

test("a bug ends the run with what was thrown, and nothing stays there", async () => {
  const hear = vi.spyOn(PullNode.prototype, "hear").mockImplementation(() => {
    throw new TypeError("a bug");
  });
  const text = `${FLEET}  - { name: meter, count: 1, ${QUICK}, link: { latencyMs: { min: 0, max: 0 } } }\n`;
  await expect(fleet(text)).rejects.toThrow(new TypeError("a bug"));
  expect(hear).toHaveBeenCalledOnce();
  hear.mockRestore();
  expect(await devicesThere()).toBe(0);
}, 60_000);

test("a device with a wrong token is not reached: status 1, and no wait for it", async () => {
  const { status, report } = await fleet(
    `${FLEET}  - { name: thief, count: 1, token: wrong, ${QUICK}, link: { ${LINK} } }
`,
  );
  expect(status).toBe(1);
  expect(report.devices).toMatchObject([{ state: "neverReached", reason: "denied" }]);
  expect(bench.read("r.junit")).toMatch(
    /failures="3".*failure message="expected all, actual 0">fuota run .*live.yaml --seed 1<.*neverReached: denied/s,
  );
}, 60_000);

test("devices of both kinds run at the same time, into one report", async () => {
  const bothEnd = new AbortController();
  const both = new CommandBench({
    firmwareSizesOf,
    interruption: () => ({ signal: bothEnd.signal, end: () => {} }),
    now: () => performance.now(),
  });
  const text = `${FLEET.replace("name: live", "name: mixed\ndevices: { count: 1 }\ncampaign: { redundancyPercent: 10 }")}  - { name: meter, count: 1, ${QUICK}, link: { ${LINK} } }
`;
  both.write("mixed.yaml", text);
  const [http = ""] = urls;
  // Nobody answers the gateway: its device never joins, and the run goes on until Ctrl-C.
  const lorawan = ["--api", "none", "--udp", "127.0.0.1:9", "--no-record"];
  const args = [both.at("mixed.yaml"), "--thingsboard", http, ...lorawan];
  const running = both.fuota(
    fakeSimulate(0),
    "fleet",
    ...args,
    "--json",
    both.at("r.json"),
    "--html",
    both.at("r.html"),
  );
  const isUpdated = () =>
    server.terminal.stdout.includes("fuota live mixed meter 1  fw_state UPDATED");
  while (!isUpdated()) await new Promise((resolve) => setImmediate(resolve));
  bothEnd.abort();
  expect(await running).toBe(130);
  const { interrupted, devices, cells } = JSON.parse(both.read("r.json"));
  const page = both.read("r.html");
  both.remove();
  expect(interrupted).toBe(true);
  expect(page).toMatch(/"pullsOnly":false.*"isLive":true|"isLive":true.*"pullsOnly":false/s);
  expect(devices).toMatchObject([
    { id: 0, cell: 0, state: "neverReached" },
    { id: 1, cell: 1, kind: "meter", state: "updated", serverComplete: true },
  ]);
  expect(cells).toMatchObject([{ index: 0 }, { index: 1 }]);
  expect(await devicesThere()).toBe(0);
}, 60_000);

describe("what a real server cannot be made to do is refused, with its place", () => {
  test.each([
    "restarts: [{ atS: 1, forS: 1 }]",
    "rateLimit: { requests: 1, perS: 1 }",
    "without: [throttles]",
    "tellEveryMs: 60000",
  ])("%s", async (key) => {
    const text = `${FLEET}  - { name: meter, count: 1, server: { ${key} } }\n`;
    const name = key.slice(0, key.indexOf(":"));
    expect(await complaint(text)).toMatch(
      new RegExp(
        `live\\.yaml.*pull\\[0\\]\\.server\\.${name} says what our own server does; .*leave`,
      ),
    );
  });
});

describe("one clear line", () => {
  const one = `${FLEET}  - { name: meter, count: 1 }\n`;

  test("nobody says from where", async () => {
    expect(await complaint(one)).toMatch(/live: has devices that pull; --thingsboard http/);
  });

  test.each([
    [["--thingsboard", "localhost:8080"], /expected http: or https/],
    [["--thingsboard-mqtt", "http://a"], /expected mqtt:\/\/host:port/],
    [["--thingsboard-coap", "coaps://a"], /expected coap:\/\/host:port/],
    [["--record", "x"], /--record and --metrics are of LoRaWAN devices, which live has none of/],
    [["--metrics", "9"], /--record and --metrics are of LoRaWAN devices/],
  ])("%j", async (args, words) => {
    bench.terminal.stderr = "";
    expect(await complaint(one, "--thingsboard", "http://127.0.0.1:1", ...args)).toMatch(words);
  });

  test("two groups want one package to be two", async () => {
    const two = `${one}  - { name: other, count: 1, package: { checksum: MD5 } }\n`;
    expect(await complaint(two, "--thingsboard", "http://127.0.0.1:1")).toMatch(
      /pull\.1 \(other\): ThingsBoard has one package fw 2\.0\.0.*set pull\.1\.package\.version/,
    );
  });

  test("a wrong password, and nobody there: status 3", async () => {
    await expect(fleet(one, "--user", "nobody")).rejects.toThrow("Invalid username or password");
    await expect(fleet(one, "--thingsboard", "http://127.0.0.1:1")).rejects.toThrow(
      "http://127.0.0.1:1: bad port",
    );
  });
});
