import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDeviceList } from "#tools/pull/device-list.ts";
import { imageOf, signer } from "../pull/pull-bench.ts";
import { ServeBench } from "../pull/serve-bench.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";

const stop = new AbortController();
const server = new CommandBench({
  interruption: () => ({ signal: stop.signal, end: () => {} }),
  now: () => performance.now(),
});
const bench = new CommandBench({ now: () => performance.now() });
bench.write("app.img", imageOf(20_000));
bench.write("none.img", new Uint8Array(9000));
bench.write("key.pub.pem", signer.publicPem());
let url = "";
let served: Promise<number> = Promise.resolve(0);

beforeAll(async () => {
  process.env["FUOTA_PASSWORD"] = "secret";
  served = server.fuota(
    fakeSimulate(0),
    "serve",
    "thingsboard",
    "--port",
    "0",
    "--without",
    "throttles",
  );
  const address = () => /admin API: (http:\S+)\/openapi/.exec(server.terminal.stdout)?.[1];
  while (address() === undefined) await new Promise((resolve) => setImmediate(resolve));
  url = address() ?? "";
}, 60_000);

afterAll(async () => {
  delete process.env["FUOTA_PASSWORD"];
  stop.abort();
  expect(await served).toBe(130);
  server.remove();
  bench.remove();
});

const provision = (...args: readonly string[]) => {
  bench.terminal.stdout = "";
  return bench.fuota(fakeSimulate(0), "provision", "thingsboard", "--api", url, ...args);
};
const complaint = (...args: readonly string[]) =>
  bench.complaint(fakeSimulate(0), "provision", "thingsboard", ...args);
const app = (version: string) => ["--package", bench.at("app.img"), "--version", version];

test("a fleet is made, updated by its own devices, watched, and taken away again", async () => {
  const list = ["--devices", "3", "--list", bench.at("fleet.json")];
  expect(await provision(...list)).toBe(0);
  expect(bench.terminal.stdout).toBe("3 devices in profile fuota lab\n");
  const devices = readDeviceList(bench.at("fleet.json"));
  expect(devices.map(({ name }) => name)).toEqual(["fuota lab 1", "fuota lab 2", "fuota lab 3"]);
  expect(await provision(...list, ...app("2.0.0"))).toBe(0);
  const fleet = ["--devices", bench.at("fleet.json"), "--state", bench.at("fleet"), "--once"];
  const device = ["--key", bench.at("key.pub.pem"), "--bank", "65536", "--chunk", "4096"];
  expect(await bench.fuota(fakeSimulate(0), "pull", "--url", url, ...fleet, ...device)).toBe(0);
  expect(await provision(...list, ...app("2.0.0"), "--watch")).toBe(0);
  expect(bench.terminal.stdout).toMatch(/the server has 3 of 3 updated, 0 failed\n$/);
  for (const { token } of devices) expect(bench.terminal.stdout).not.toContain(token);
  expect(await provision("--remove")).toBe(0);
  expect(bench.terminal.stdout).toBe("lab removed\n");
  expect(await provision("--remove")).toBe(0);
  expect(bench.terminal.stdout).toBe("lab was not there\n");
});

test("in the dialect of the document: what failed before is no answer, what fails now is", async () => {
  const documented = await ServeBench.open("thingsboard", [
    ...["--dialect", "documented", ...app("1.0.0")],
  ]);
  try {
    const api = ["--api", documented.url("http"), "--dialect", "documented"];
    const list = [...api, "--devices", "2", "--list", bench.at("documented.json")];
    const bad = ["--package", bench.at("none.img"), "--version"];
    const device = ["--key", bench.at("key.pub.pem"), "--bank", "65536", "--chunk", "4096"];
    const fleet = ["--devices", bench.at("documented.json"), "--state", bench.at("documented")];
    const pull = () => {
      const given = ["--url", documented.url("http"), "--dialect", "documented", "--once"];
      return bench.fuota(fakeSimulate(0), "pull", ...given, ...fleet, ...device);
    };
    expect(await provision(...list, ...bad, "2.0.0")).toBe(0);
    expect(await pull()).toBe(1);
    expect(await provision(...list, ...bad, "2.0.0", "--watch")).toBe(1);
    expect(bench.terminal.stdout).toMatch(/fuota lab 1 {2}FAILED: imageFormat: /);
    expect(bench.terminal.stdout).toMatch(/the server has 0 of 2 updated, 2 failed\n$/);
    const silent = ["--watch", "--watch-timeout", "1"];
    expect(await provision(...list, ...app("2.0.1"), ...silent)).toBe(1);
    expect(bench.terminal.stdout).toMatch(/0 of 2 updated, 0 failed, 2 neither\n$/);
    expect(await pull()).toBe(0);
    expect(await provision(...list, ...app("2.0.1"), "--watch")).toBe(0);
    expect(bench.terminal.stdout).toMatch(/the server has 2 of 2 updated, 0 failed\n$/);
  } finally {
    await documented.close();
  }
});

describe("what is there already", () => {
  test("another token takes the place of the old one; a package to each device", async () => {
    const list = ["--fleet", "again", "--devices", "2", "--list", bench.at("again.json")];
    expect(await provision(...list)).toBe(0);
    const [before] = readDeviceList(bench.at("again.json"));
    expect(await provision(...list, "--seed", "2", ...app("4.0.0"), "--to", "devices")).toBe(0);
    expect(bench.terminal.stdout).toContain("20176 bytes, assigned to each device");
    const [after] = readDeviceList(bench.at("again.json"));
    const attributes = (token = "") => fetch(`${url}/api/v1/${token}/attributes`);
    expect((await attributes(before?.token)).status).toBe(401);
    expect(await (await attributes(after?.token)).text()).toContain('"fw_version":"4.0.0"');
  });

  test("a package of that name with other bytes, or of another fleet: status 3", async () => {
    await provision("--fleet", "first", ...app("5.0.0"));
    bench.write("other.img", imageOf(20_000).fill(0, 100));
    const other = ["--package", bench.at("other.img"), "--version", "5.0.0"];
    await expect(provision("--fleet", "first", ...other)).rejects.toThrow(
      "package fw 5.0.0 is there with other bytes",
    );
    await expect(provision("--fleet", "second", ...app("5.0.0"))).rejects.toThrow(
      "package fw 5.0.0 is there and belongs to another device profile",
    );
  });

  test("nobody says a word: status 1 when the time is over", async () => {
    const silent = ["--fleet", "silent", ...app("6.0.0"), "--watch", "--watch-timeout", "1"];
    expect(await provision(...silent)).toBe(1);
    expect(bench.terminal.stdout).toMatch(/0 of 1 updated, 0 failed, 1 neither\n$/);
  });
});

describe("one clear line", () => {
  test.each([
    { args: ["--api", "ftp://x"], says: /expected http: or https:/ },
    { args: ["--fleet", "a/b"], says: /expected 1 to 40 letters/ },
    { args: ["--to", "nobody"], says: /expected profile or devices/ },
    { args: ["--checksum", "SHA1"], says: /expected one of MD5/ },
    { args: ["--package", "no.img", "--version", "1.0.0"], says: /no.img: no such file/ },
    { args: ["--package", "a", "--package-url", "b"], says: /not both/ },
    { args: ["--package-url", "http://x"], says: /a package needs a --version/ },
    { args: ["--watch"], says: /--watch needs --package/ },
  ])("$args", async ({ args, says }) => {
    bench.terminal.stderr = "";
    expect(await complaint(...args)).toMatch(says);
  });

  test("a wrong password, and nobody there: status 3", async () => {
    const refused = provision("--user", "nobody");
    await expect(refused).rejects.toThrow(`${url}: Invalid username or password (401)`);
    const nobody = bench.fuota(
      fakeSimulate(0),
      "provision",
      "thingsboard",
      "--api",
      "http://127.0.0.1:1",
    );
    await expect(nobody).rejects.toThrow("http://127.0.0.1:1: bad port");
  });

  test("no password", async () => {
    delete process.env["FUOTA_PASSWORD"];
    expect(await complaint()).toMatch(/FUOTA_PASSWORD is not set: the password of tenant@/);
    process.env["FUOTA_PASSWORD"] = "secret";
  });
});
