import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { HttpListener } from "#hal/net/http-server.ts";
import { EXIT } from "#tools/errors.ts";
import { HostileServer } from "./hostile-bench.ts";
import { OnceBench } from "./once-bench.ts";
import type { Scheme } from "./serve-bench.ts";

/* Servers that say what no stand-in of ours would, as a person meets them. */

const bench = new OnceBench();
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => bench.remove());

const SCHEMES: readonly Scheme[] = ["http", "mqtt", "coap"];
const thingsBoard = ["--token", "T"];
const drogue = ["--dialect", "drogue", "--username", "d@a"];

async function meets(
  scheme: Scheme,
  answer: Uint8Array,
  args: readonly string[],
  says: RegExp,
): Promise<void> {
  const server = await HostileServer.of(answer);
  open.push(server);
  const { status, lines, isUntouched } = await bench.pull(server.url(scheme), args, "p");
  expect(lines.at(-1)).toMatch(says);
  expect({ status, isUntouched }).toEqual({ status: EXIT.refused, isUntouched: true });
}

describe.each(SCHEMES)("attributes by %s", (scheme) => {
  test.each([
    { what: "half an object", json: '{"shared":{"fw_title":"fw"' },
    { what: "a list", json: "[]" },
    { what: "nothing", json: "" },
    { what: "20 000 lists in each other", json: "[".repeat(20_000) },
    { what: "a list of attributes", json: '{"shared":[1]}' },
    { what: "names that are none", json: '{"shared":{"fw_title":{},"fw_version":[[]]}}' },
    { what: "no UTF-8", json: '{"shared":{"\xff":1}}' },
  ])("$what", async ({ json }) => {
    const says = /^\w+:\/\/\S+: .*(no JSON object|no names|more than \d+ bytes)$/;
    await meets(scheme, Buffer.from(json, "latin1"), thingsBoard, says);
  });
});

describe.each(SCHEMES)("a command by %s", (scheme) => {
  test.each([
    { what: "nothing", hex: "" },
    { what: "half of one", hex: "a102a40045302e312e31" },
    { what: "a string of 4 GiB", hex: "a102a4005affffffff00" },
    { what: "5000 lists in each other", hex: "81".repeat(5000) },
    { what: "a version that is no bytes", hex: "a101a3006161010001f6" },
    { what: "a command of tomorrow", hex: "a109a0" },
    { what: "bytes behind it", hex: "a100a200f601f600" },
    { what: "a break without a beginning", hex: "ff" },
  ])("$what", async ({ hex }) => {
    const says = /^\w+:\/\/\S+: (the command is none: .+|no command came .+|more than \d+ bytes)$/;
    await meets(scheme, Buffer.from(hex, "hex"), drogue, says);
  });
});

describe("whoever redirects everything", () => {
  test.each([
    { what: "a ThingsBoard", args: thingsBoard },
    { what: "a Drogue", args: drogue },
  ])("$what: nobody follows", async ({ args }) => {
    let asked = 0;
    const listener = await HttpListener.open("127.0.0.1", 0, ({ path }, respond) => {
      asked += 1;
      respond({ status: 301, headers: { location: path }, body: new Uint8Array(0) });
      return () => {};
    });
    open.push(listener);
    const { status, lines } = await bench.pull(listener.url, args, "p");
    expect(lines.at(-1)).toBe(`${listener.url}: the server answers 301`);
    expect({ status, asked }).toEqual({ status: EXIT.refused, asked: 5 });
  });
});

/** CONNACK 0. */
const CONNACK = Buffer.from("20020000", "hex");

const CLOSED = "the connection was closed";

describe("a broker that closes", () => {
  test.each<{ when: string; serve: (socket: Socket) => void; says: string }>([
    { when: "at once", serve: (socket) => socket.end(), says: CLOSED },
    {
      when: "on CONNECT",
      serve: (socket) => socket.once("data", () => socket.end()),
      says: CLOSED,
    },
    {
      when: "on every request",
      says: CLOSED,
      serve: (socket) => {
        socket.once("data", () => {
          socket.write(CONNACK);
          socket.once("data", () => socket.end());
        });
      },
    },
    {
      when: "by a reset",
      serve: (socket) => socket.once("data", () => socket.resetAndDestroy()),
      says: CLOSED,
    },
    {
      when: "and says what is no MQTT",
      serve: (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      says: "Invalid header flag bits, must be 0x0 for puback packet",
    },
  ])("$when", async ({ serve, says }) => {
    for (const args of [thingsBoard, drogue]) {
      const broker = await brokerOf(serve);
      const { status, lines, isUntouched } = await bench.pull(broker.url, args, "p");
      expect(lines.at(-1)).toBe(`${broker.url}: ${says}`);
      expect({ status, isUntouched }).toEqual({ status: EXIT.refused, isUntouched: true });
      expect(broker.connections).toBe(5);
    }
  });
});

async function brokerOf(serve: (socket: Socket) => void) {
  const server: Server = createServer((socket) => {
    broker.connections += 1;
    socket.on("error", () => {});
    serve(socket);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const broker = { url: `mqtt://127.0.0.1:${Object(server.address()).port}`, connections: 0 };
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return broker;
}
