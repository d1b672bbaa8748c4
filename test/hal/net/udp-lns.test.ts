import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerDownlink } from "#hal/gateway-port.ts";
import { decodeFromUdpServer, encodeUdpPull, encodeUdpTxAck } from "#hal/net/semtech-udp.ts";
import { UdpLns } from "#hal/net/udp-lns.ts";
import { hex } from "../../hex.ts";

const EUI = hex("02 f0 0a fe 00 00 00 01");
const eui = "02f00afe00000001";
const DOWNLINK: ServerDownlink = {
  downlinkId: 5,
  phyPayload: hex("60 01"),
  context: undefined,
  ways: [{ frequencyHz: 869_525_000, rate: { sf: 12, bandwidthHz: 125_000 }, delayUs: 0 }],
};
const rxpk = { tmst: 1, freq: 868.1, modu: "LORA", datr: "SF7BW125", size: 2, data: "QAE=" };

let lns: UdpLns;
let gateway: Socket;
const said: string[] = [];
const heard: Uint8Array[] = [];

beforeEach(async () => {
  lns = await UdpLns.open({ host: "127.0.0.1", port: 0 }, 14, {
    onGateway: (from, where) => said.push(`${from} ${where}`),
    onUplink: (from, { phyPayload }) => said.push(`${from} heard ${phyPayload.join(" ")}`),
    onAck: (from, id, refusal) => said.push(`${from} ${id} ${refusal ?? "booked"}`),
    onOddity: (text) => said.push(text),
  });
  gateway = createSocket("udp4").bind(0, "127.0.0.1");
  await once(gateway, "listening");
  gateway.on("message", (bytes) => heard.push(new Uint8Array(bytes)));
});
afterEach(async () => {
  gateway.close();
  await lns.close();
  said.length = 0;
  heard.length = 0;
});

const say = (bytes: Uint8Array) => gateway.send(bytes, lns.port, "127.0.0.1");
const push = (packets: readonly object[]) =>
  say(Buffer.concat([hex("02 12 34 00"), EUI, Buffer.from(JSON.stringify({ rxpk: packets }))]));

test("a gateway that nobody knows is announced once, and what it says is acknowledged", async () => {
  push([rxpk, { ...rxpk, modu: "FSK" }]);
  say(encodeUdpPull(EUI, 0x5678));
  await vi.waitUntil(() => heard.length === 2);
  expect(heard).toEqual([hex("02 12 34 01"), hex("02 56 78 04")]);
  expect(said).toEqual([
    `${eui} Semtech UDP from 127.0.0.1`,
    `${eui} heard 64 1`,
    `gateway ${eui}: a packet that says no LoRa frame`,
  ]);
});

test("a downlink goes where PULL_DATA came from, and nowhere before", async () => {
  push([]);
  await vi.waitUntil(() => heard.length === 1);
  expect(lns.send(eui, DOWNLINK)).toBe(false);
  say(encodeUdpPull(EUI, 1));
  await vi.waitUntil(() => heard.length === 2);
  expect(lns.send(eui, DOWNLINK)).toBe(true);
  await vi.waitUntil(() => heard.length === 3);
  expect(decodeFromUdpServer(heard[2] ?? new Uint8Array(0))).toMatchObject({
    type: "pullResp",
    token: 5,
  });
});

test("its word on a downlink is passed on", async () => {
  say(encodeUdpTxAck(EUI, 5, "ok"));
  say(encodeUdpTxAck(EUI, 6, "tooLate"));
  await vi.waitUntil(() => said.length === 3);
  expect(said.slice(1)).toEqual([`${eui} 5 booked`, `${eui} 6 TOO_LATE`]);
});

test("noise is not answered", async () => {
  for (const noise of ["", "02", "01 00 00 02", "02 00 00 02 01 02", "ff ff ff ff"])
    say(hex(noise));
  say(encodeUdpPull(EUI, 7));
  await vi.waitUntil(() => heard.length === 1);
  expect(heard).toEqual([hex("02 00 07 04")]);
});
