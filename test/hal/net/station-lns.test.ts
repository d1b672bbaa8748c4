import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { encodeRouterInfo, encodeVersion } from "#hal/net/basics-station.ts";
import { decodeRouterInfo } from "#hal/net/basics-station-server.ts";
import { StationLns } from "#hal/net/station-lns.ts";
import type { StationPlan } from "#hal/net/station-plan.ts";
import { hex } from "../../hex.ts";

const eui = "02f00afe00000001";
const PLAN: StationPlan = {
  region: "EU863",
  rates: [{ sf: 7, bandwidthHz: 125_000, isDownlinkOnly: false }],
  frequencyRangeHz: [863_000_000, 870_000_000],
  channelsHz: [868_100_000],
  wide: undefined,
  beacon: undefined,
  maxEirpDbm: 16,
};

let lns: StationLns;
const said: string[] = [];
const sockets: WebSocket[] = [];

beforeEach(async () => {
  const clock = { gpsUs: () => 7_000_000.5, utcS: () => 1.8e9 };
  lns = await StationLns.open({ host: "127.0.0.1", port: 0 }, PLAN, clock, {
    onGateway: (from, where) => said.push(`${from} ${where}`),
    onUplink: (from, { phyPayload }) => said.push(`${from} heard ${phyPayload.join(" ")}`),
    onAck: (from, id) => said.push(`${from} ${id} on the air`),
    onOddity: (text) => said.push(text),
  });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await lns.close();
  said.length = 0;
});

async function connect(path: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${lns.port}${path}`);
  sockets.push(socket);
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data)));
  await once(socket, "open");
  return { socket, heard };
}

test("a station is told to come where it has found us", async () => {
  const { socket, heard } = await connect("/router-info");
  socket.send(encodeRouterInfo(new Uint8Array(Buffer.from(eui, "hex"))));
  socket.send("no question");
  await vi.waitUntil(() => heard.length === 2);
  const uri = `ws://127.0.0.1:${lns.port}/gateway/${eui}`;
  expect(heard.map(decodeRouterInfo)).toEqual([
    { ok: true, uri },
    { ok: false, reason: "expected router: an EUI" },
  ]);
});

test("it is announced, configured, and told the time; what it hears is passed on", async () => {
  const { socket, heard } = await connect(`/gateway/${eui}`);
  socket.send(encodeVersion());
  socket.send('{"msgtype":"timesync","txtime":5}');
  socket.send(
    '{"msgtype":"propdf","FRMPayload":"e001","DR":0,"Freq":868100000,"upinfo":{"xtime":9}}',
  );
  socket.send(
    '{"msgtype":"propdf","FRMPayload":"e001","DR":9,"Freq":868100000,"upinfo":{"xtime":9}}',
  );
  socket.send('{"msgtype":"dntxed","diid":3}');
  socket.send("{");
  socket.send('{"msgtype":"rmtsh"}');
  await vi.waitUntil(() => heard.length === 2 && said.length === 5);
  expect(JSON.parse(heard[0] ?? "")).toMatchObject({ msgtype: "router_config", region: "EU863" });
  expect(JSON.parse(heard[1] ?? "")).toEqual({
    msgtype: "timesync",
    txtime: 5,
    gpstime: 7_000_000,
  });
  expect(said).toEqual([
    `${eui} Basics Station from 127.0.0.1`,
    `${eui} heard 224 1`,
    `gateway ${eui}: an uplink that cannot be used`,
    `${eui} 3 on the air`,
    `gateway ${eui}: no message of the protocol`,
  ]);
});

test("a downlink goes to it while it is there", async () => {
  const downlink = {
    downlinkId: 5,
    phyPayload: hex("60 01"),
    context: undefined,
    ways: [{ frequencyHz: 869_525_000, rate: { sf: 7, bandwidthHz: 125_000 }, delayUs: 0 }],
  } as const;
  expect(lns.send(eui, downlink)).toBe(false);
  const { socket, heard } = await connect(`/gateway/${eui}`);
  await vi.waitUntil(() => lns.send(eui, downlink));
  await vi.waitUntil(() => heard.length === 1);
  expect(JSON.parse(heard[0] ?? "")).toMatchObject({ msgtype: "dnmsg", dC: 2, pdu: "6001" });
  socket.close();
  await vi.waitUntil(() => !lns.send(eui, downlink));
});

test("one that comes again takes the place of its old connection", async () => {
  const first = await connect(`/gateway/${eui}`);
  const closed = once(first.socket, "close");
  await connect(`/gateway/${eui}`);
  await closed;
  expect(said).toHaveLength(2);
});

test.each(["/", "/gateway/", "/gateway/02f0", "/router-info/x"])("%s is nowhere", async (path) => {
  const { socket } = await connect(path);
  await once(socket, "close");
  expect(said).toEqual([]);
});

test("a message that is too long closes the connection, and a browser is told that nothing is here", async () => {
  const { socket } = await connect(`/gateway/${eui}`);
  socket.send("x".repeat(70_000));
  await once(socket, "close");
  expect((await fetch(`http://127.0.0.1:${lns.port}/`)).status).toBe(404);
});
