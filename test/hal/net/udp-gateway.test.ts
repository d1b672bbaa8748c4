import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FromUdpServer } from "#hal/net/semtech-udp.ts";
import { UdpGateway } from "#hal/net/udp-gateway.ts";
import { hex } from "../../hex.ts";

const EUI = hex("02 f0 0a fe 00 00 00 01");
let server: Socket;
let gateway: UdpGateway | undefined;
const downlinks: FromUdpServer[] = [];
const states: string[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  server = createSocket("udp4").bind(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  downlinks.length = 0;
  states.length = 0;
  server.close();
  await once(server, "close");
  vi.useRealTimers();
});

async function open(): Promise<UdpGateway> {
  gateway = await UdpGateway.open({ host: "127.0.0.1", port: server.address().port }, EUI, {
    onDownlink: (downlink) => downlinks.push(downlink),
    onState: (state) => states.push(state),
  });
  return gateway;
}

async function heard(): Promise<readonly [Uint8Array, RemoteInfo]> {
  const [bytes, from] = await once(server, "message");
  return [new Uint8Array(bytes), from];
}

test("asks for downlinks first, every five seconds, with a new token each time", async () => {
  const first = heard();
  await open();
  expect((await first)[0]).toEqual(hex("02 00 01 02 02 f0 0a fe 00 00 00 01"));
  const second = heard();
  vi.advanceTimersByTime(5000);
  expect((await second)[0]).toEqual(hex("02 00 02 02 02 f0 0a fe 00 00 00 01"));
});

test("is connected when the server answers, and gives on what comes", async () => {
  const asked = heard();
  await open();
  const [, { port }] = await asked;
  server.send(hex("02 00 01 04"), port);
  server.send(hex("ff ff ff ff"), port);
  server.send(hex("02 00 09 03 7b 7d"), port);
  await vi.waitUntil(() => downlinks.length > 0);
  expect(states).toEqual(["connected"]);
  expect(downlinks).toEqual([{ type: "pullResp", token: 9, item: undefined }]);
});

test("a server that answers no more is lost after four questions, and may come back", async () => {
  let asked = heard();
  await open();
  const [, { port }] = await asked;
  server.send(hex("02 00 01 04"), port);
  await vi.waitUntil(() => states.length === 1);
  for (let question = 0; question < 4; question++) {
    expect(states).toEqual(["connected"]);
    asked = heard();
    vi.advanceTimersByTime(5000);
    await asked;
  }
  expect(states).toEqual(["connected", "lost"]);
  server.send(hex("02 00 01 04"), port);
  await vi.waitUntil(() => states.length === 3);
  expect(states.at(-1)).toBe("connected");
});

test("nobody there yet is no error", async () => {
  const { port } = server.address();
  server.close();
  await once(server, "close");
  server = createSocket("udp4").bind(0, "127.0.0.1");
  await once(server, "listening");
  gateway = await UdpGateway.open({ host: "127.0.0.1", port }, EUI, {
    onDownlink: () => {},
    onState: (state) => states.push(state),
  });
  gateway.send(hex("00"));
  vi.advanceTimersByTime(20_000);
  expect(states).toEqual([]);
});
