import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { CoapClient } from "#hal/net/coap-client.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import { CoapEndpoint } from "#sim/server/thingsboard/coap-endpoint.ts";
import type { Quirks } from "#sim/server/thingsboard/quirks.ts";
import { GET, Told } from "../hal/net/coap-bench.ts";
import { packageOf, StandIn } from "../sim/server/thingsboard/stand-in.ts";
import { imageOf, signer } from "../tools/pull/pull-bench.ts";
import { CommandBench } from "../tools/run/command-bench.ts";
import { fakeSimulate } from "../tools/run/fake-fleet.ts";

/* libcoap's client against our stand-in, and its server against our device. */

const run = promisify(execFile);
const bench = new CommandBench();
const closing: (() => Promise<void>)[] = [];
afterAll(() => bench.remove());
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const image = imageOf(20_000);
const CLIENT = "coap-client-notls";
const SERVER = "coap-server-notls";

/** What `coap-client` fetches, or the code that it prints instead. */
async function ask(url: string, ...args: readonly string[]): Promise<Buffer> {
  const file = bench.at("fetched");
  bench.write("fetched", "");
  const { stderr } = await run(CLIENT, ["-B", "30", "-o", file, ...args, url]);
  const got = readFileSync(file);
  return got.length > 0 ? got : Buffer.from(stderr.trim());
}

describe("coap-client against the stand-in", () => {
  async function open(quirks: Partial<Quirks> = {}) {
    const standIn = new StandIn(quirks);
    standIn.server.assignToDevice(standIn.device, "fw", packageOf({ data: image }));
    standIn.wait(1);
    const api = new CoapDeviceApi(standIn.server);
    const listener = await CoapListener.open("127.0.0.1", 0, (say) => {
      const endpoint = new CoapEndpoint(standIn.server, api.handle, say);
      return (from, message) => endpoint.receive(from, message);
    });
    closing.push(() => listener.close());
    return { standIn, url: listener.url };
  }

  test("a chunk, attributes, telemetry and errors", async () => {
    const { standIn, url } = await open();
    const chunk = `${url}/fw/T?title=fw&version=2.0.0&size=1024&chunk=`;
    expect(await ask(`${chunk}1`)).toEqual(Buffer.from(image.subarray(1024, 2048)));
    const attributes = await ask(`${url}/api/v1/T/attributes?sharedKeys=fw_title,fw_size`);
    expect(JSON.parse(attributes.toString())).toEqual({
      shared: { fw_title: "fw", fw_size: image.length },
    });
    await ask(`${url}/api/v1/T/telemetry`, "-m", "post", "-e", '{"fw_state":"DOWNLOADING"}');
    expect(standIn.telemetry("fw_state")).toBe("DOWNLOADING");
    expect(String(await ask(`${url}/fw/X`))).toBe("4.01");
    expect(String(await ask(`${url}/sw/T`))).toBe("4.04");
    expect(String(await ask(`${url}/fw/T?title=x`))).toMatch(/^4.00/);
  });

  // Version 4.3.1 takes blocks only where the first one is on its acknowledgement.
  test.each([
    { what: "the server begins with", args: [] },
    { what: "of 64 bytes", args: ["-b", "64"] },
    { what: "some of which are lost", args: ["-b", "1024", "-l", "3,8"] },
  ])("the whole image in blocks $what", async ({ args }) => {
    const { url } = await open({ answersApart: false });
    expect(await ask(`${url}/fw/T`, ...args)).toEqual(Buffer.from(image));
  });

  test("telemetry in blocks", async () => {
    const { standIn, url } = await open({ answersApart: false });
    bench.write("long.json", JSON.stringify({ note: "x".repeat(3000) }));
    await ask(`${url}/api/v1/T/telemetry`, "-m", "post", "-f", bench.at("long.json"));
    expect(standIn.telemetry("note")).toHaveLength(3000);
  });

  test("it observes, and hears of a change", async () => {
    const { standIn, url } = await open();
    const observer = spawn(CLIENT, ["-s", "60", `${url}/api/v1/T/attributes`]);
    closing.push(() => stopped(observer));
    let heard = "";
    observer.stdout.on("data", (bytes) => {
      heard += bytes;
    });
    while (!heard.includes("fw_checksum")) await once(observer.stdout, "data");
    standIn.server.assignToDevice(standIn.device, "fw", undefined);
    while (!heard.includes("deleted")) await once(observer.stdout, "data");
    expect(heard).toContain('"fw_title":"fw"');
  });
});

describe("our client against coap-server", () => {
  /** With a resource for each name that is put there. */
  async function serve(resources: Readonly<Record<string, string | Uint8Array>>, losses = "0%") {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    socket.close();
    await once(socket, "close");
    const args = ["-A", "127.0.0.1", "-p", String(port), "-d", "10", "-l", losses];
    const server = spawn(SERVER, args, { stdio: "ignore" });
    server.on("error", () => {});
    closing.push(() => stopped(server));
    const url = `coap://127.0.0.1:${port}`;
    const client = new CoapClient(url);
    closing.push(async () => client.close());
    const told = new Told();
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      client.call(GET, told);
    } while ((await told.next()) === "connection refused");
    for (const [path, content] of Object.entries(resources)) {
      bench.write("resource", content);
      await ask(`${url}/${path}`, "-m", "put", "-f", bench.at("resource"));
    }
    return { url, client };
  }

  test.each([
    { what: "blocks of 512 bytes", losses: "0%", args: ["--block", "512"] },
    { what: "blocks of 64 bytes", losses: "0%", args: ["--block", "64"] },
    { what: "blocks, of which some are lost", losses: "45,50,51", args: ["--block", "1024"] },
  ])("a whole update in $what", async ({ losses, args }) => {
    const shared = {
      fw_title: "fw",
      fw_version: "2.0.0",
      fw_size: image.length,
      fw_checksum_algorithm: "SHA256",
      fw_checksum: createHash("sha256").update(image).digest("hex"),
    };
    const attributes = JSON.stringify({ shared });
    const { url } = await serve({ "api/v1/T/attributes": attributes, "fw/T": image }, losses);
    bench.write("key.pub.pem", signer.publicPem());
    const device = ["--state", bench.at(`device-${args[1]}`), "--key", bench.at("key.pub.pem")];
    const given = [
      "--url",
      url,
      "--token",
      "T",
      "--once",
      "--chunk",
      "32768",
      "--timeout",
      "60000",
    ];
    expect(await bench.fuota(fakeSimulate(0), "pull", ...given, ...device, ...args)).toBe(0);
    expect(bench.terminal.stdout).toContain("runs 2.0.0, as it should");
    const telemetry = JSON.parse(String(await ask(`${url}/api/v1/T/telemetry`)));
    expect(telemetry.values).toMatchObject({ current_fw_version: "2.0.0", fw_state: "UPDATED" });
  });

  test("it hears every tick of a clock that it observes", async () => {
    const { client } = await serve({});
    const told = new Told();
    const cancel = client.call({ ...GET, path: ["time"], observes: true }, told);
    for (let ticks = 0; ticks < 3; ticks++) {
      expect(await told.next()).toMatchObject({ code: 205, isObserved: true });
    }
    cancel();
  });
});

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
