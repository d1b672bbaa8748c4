import { createServer, type Socket } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { DROGUE_FRAME_BYTES } from "#agent/pull/drogue-frame.ts";
import { openLine } from "#tools/line.ts";
import { CommandBench } from "../run/command-bench.ts";
import { fakeSimulate } from "../run/fake-fleet.ts";
import { imageOf, signer } from "./pull-bench.ts";

/* Both commands on real lines: a pseudo-terminal, a TCP port. */

const image = imageOf(6000);
let stop = new AbortController();
const interruption = () => ({ signal: stop.signal, end: () => {} });
const server = new CommandBench({ interruption });
const device = new CommandBench();
device.write("key.pub.pem", signer.publicPem());
server.write("app.img", image);
let served: Promise<number> | undefined;
let folders = 0;

afterEach(async () => {
  stop.abort();
  await served;
  served = undefined;
  stop = new AbortController();
  for (const { terminal } of [server, device]) terminal.stdout = "";
});
afterAll(() => {
  server.remove();
  device.remove();
});

async function serve(...args: readonly string[]): Promise<void> {
  const firmware = ["--package", server.at("app.img"), "--version", "2.0.0", "--port", "0"];
  served = server.fuota(fakeSimulate(0), "serve", "drogue", ...firmware, ...args);
  const isOpen = () => server.terminal.stdout.includes("endpoints");
  while (!isOpen()) {
    await Promise.race([served, new Promise((resolve) => setImmediate(resolve))]);
  }
}

const folder = () => device.at(`device-${folders++}`);

function pull(url: string, state = folder(), ...args: readonly string[]): Promise<number> {
  const key = ["--key", device.at("key.pub.pem"), "--bank", "65536"];
  const given = ["--dialect", "drogue", "--url", url, "--once", "--state", state, ...key, ...args];
  return device.fuota(fakeSimulate(0), "pull", ...given);
}

describe.each([
  { host: "streams", args: [] },
  { host: "answers each status", args: ["--without", "streamsLine"] },
])("a host that $host", ({ args }) => {
  test("makes a pseudo-terminal; the device opens it, and is updated", async () => {
    const link = server.at("line");
    await serve("--serial", `pty:${link}`, "--serial-pause", "20", ...args);
    expect(server.terminal.stdout).toContain(` and ${link} for 1 devices of app1\n`);
    const state = folder();
    expect(await pull(`serial:${link}`, state)).toBe(0);
    expect(device.terminal.stdout).toContain("runs 2.0.0, as it should");
    expect(device.terminal.stdout).not.toContain("no answer");
    expect(server.terminal.stdout).toMatch(/device-1 {2}runs 2\.0\.0/);
    expect(await pull(`serial:${link}`, state)).toBe(0);
  });
});

test("the device makes a pseudo-terminal; the host opens it, for the device that is meant", async () => {
  const link = device.at("made");
  const pulled = pull(`pty:${link}`, folder(), "--baud", "9600", "--timeout", "3000");
  const port = ["--serial", link, "--baud", "9600", "--serial-pause", "20"];
  while (served === undefined) {
    try {
      await serve(...port, "--devices", "2", "--serial-device", "device-2");
    } catch {
      served = undefined;
    }
  }
  expect(await pulled).toBe(0);
  expect(server.terminal.stdout).toMatch(/device-2 {2}runs 2\.0\.0/);
});

test("behind TCP, in parts of a byte; a line that is lost is opened again", async () => {
  const sockets: Socket[] = [];
  const hub = createServer((socket) => {
    sockets.push(socket.setNoDelay());
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const other = sockets.find((one) => one !== socket && !one.destroyed);
      for (const byte of bytes) other?.write(Uint8Array.of(byte));
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => hub.once("listening", resolve));
  const url = `tcp://127.0.0.1:${Object(hub.address()).port}`;
  await serve("--serial", url, "--serial-pause", "20");
  sockets[0]?.destroy();
  while (!server.terminal.stdout.includes("is there again")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await pull(url)).toBe(0);
  expect(server.terminal.stdout).toMatch(/device-1 {2}runs 2\.0\.0/);
  stop.abort();
  await served;
  for (const socket of sockets) socket.destroy();
  hub.close();
});

test("what is no status is not answered, what is one is", async () => {
  const link = server.at("noise");
  await serve("--serial", `pty:${link}`);
  const heard: Uint8Array[] = [];
  const events = {
    onData: (bytes: Uint8Array) => heard.push(bytes),
    onSilent: () => {},
    onClosed: () => {},
  };
  const line = await openLine({ type: "serial", path: link }, 115_200, events);
  const status = new Uint8Array(DROGUE_FRAME_BYTES);
  status.set([1, 0x31]);
  line.write(new Uint8Array(2 * DROGUE_FRAME_BYTES).fill(0xff));
  line.write(status);
  while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
  // Write of 2.0.0 from 0 on.
  expect(Buffer.from(heard[0] ?? []).toString("hex", 0, 9)).toBe("0205322e302e300000");
  await line.close();
});

describe("what they do not take", () => {
  test.each([
    { args: ["--url", "pty:"], says: /expected pty: and a path/ },
    { args: ["--url", "tcp://x"], says: /expected a path like \/dev\/ttyUSB0, or tcp:/ },
    { args: ["--url", "serial:/dev/x", "--baud", "1"], says: /--baud/ },
    { args: ["--url", "serial:/dev/x", "--devices", "x"], says: /--devices: a line has one/ },
    {
      args: ["--url", "serial:/dev/x", "--dialect", "thingsboard"],
      says: /ThingsBoard is not on a serial line/,
    },
  ])("$args", async ({ args, says }) => {
    device.terminal.stderr = "";
    const given = ["pull", "--dialect", "drogue", "--state", device.at("none"), ...args];
    expect(await device.complaint(fakeSimulate(0), ...given)).toMatch(says);
  });

  test("a host: a port that is not there, a device that is not there", async () => {
    await expect(serve("--serial", server.at("nothing"))).rejects.toThrow(/nothing/);
    served = undefined;
    const line = ["--serial", `pty:${server.at("x")}`, "--serial-device", "nobody"];
    await expect(serve(...line)).rejects.toThrow("--serial-device: there is no device nobody");
    served = undefined;
  });
});
