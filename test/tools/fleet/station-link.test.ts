import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { DownlinkCommand } from "#sim/gateway/server-gateway.ts";
import { RefusedError } from "#tools/errors.ts";
import { StationLink } from "#tools/fleet/station-link.ts";

const IDS = ["02f00afe00000000", "02f00afe00000001"];
const CONFIG = { msgtype: "router_config", region: "EU863", DRs: [[7, 125, 0]] };
const DOWNLINK = {
  msgtype: "dnmsg",
  DevEui: "01-01-01-01-01-01-01-01",
  dC: 2,
  diid: 7,
  pdu: "6001020304",
  RX2DR: 0,
  RX2Freq: 869_525_000,
};

let server: WebSocketServer;
let url = "";
const sockets = new Map<string, WebSocket>();
const heard: { readonly msgtype: string }[] = [];
const commands: (readonly [number, DownlinkCommand])[] = [];
const oddities: string[] = [];
const states: string[] = [];
let link: StationLink | undefined;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on("connection", (socket, { url: path = "" }) => {
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as { msgtype: string; router?: string };
      if (path === "/router-info") {
        socket.send(JSON.stringify({ uri: `${url}/${message.router}` }));
        return;
      }
      sockets.set(path, socket);
      if (message.msgtype === "version") socket.send(JSON.stringify(CONFIG));
      else heard.push(message);
    });
  });
});
afterEach(async () => {
  await link?.close();
  link = undefined;
  sockets.clear();
  for (const list of [heard, commands, oddities, states]) list.length = 0;
  for (const client of server.clients) client.terminate();
  server.close();
  await once(server, "close");
});

async function open(): Promise<StationLink> {
  link = await StationLink.open([{ url }, { url }], IDS, {
    onCommand: (gateway, command) => commands.push([gateway, command]),
    onOddity: (text) => oddities.push(text),
    onState: (state) => states.push(state),
  });
  return link;
}
const tell = (message: object) => sockets.get("/2f0:afe:0:1")?.send(JSON.stringify(message));
const heardOf = (msgtype: string) => heard.filter((message) => message.msgtype === msgtype);
const SENT_AT = { counterUs: 5_000_000, gpsUs: 9_000_000 };

test("each gateway is a station of its own; the fleet hears once that they are connected", async () => {
  await open();
  expect([...sockets.keys()].toSorted()).toEqual(["/2f0:afe:0:0", "/2f0:afe:0:1"]);
  expect(states).toEqual(["connected"]);
});

test("a downlink goes to its gateway, and is acknowledged when it is on the air", async () => {
  const stations = await open();
  tell(DOWNLINK);
  await vi.waitUntil(() => commands.length > 0);
  expect(commands[0]).toMatchObject([1, { downlinkId: 7, items: [{ rate: { sf: 7 } }] }]);
  stations.send(1, { type: "ack", downlinkId: 7, statuses: ["ok"], sentAt: SENT_AT });
  await vi.waitUntil(() => heardOf("dntxed").length > 0);
  expect(heardOf("dntxed")).toMatchObject([{ diid: 7, DevEui: DOWNLINK.DevEui }]);
});

test.each<[string, object, typeof SENT_AT | undefined]>([
  ["did not go out", {}, undefined],
  ["is to nobody in particular", { DevEui: "00-00-00-00-00-00-00-00" }, SENT_AT],
])("a downlink that %s is not acknowledged", async (_, change, sentAt) => {
  const stations = await open();
  tell({ ...DOWNLINK, ...change });
  await vi.waitUntil(() => commands.length > 0);
  stations.send(1, { type: "ack", downlinkId: 7, statuses: ["tooLate"], sentAt });
  stations.send(1, { type: "ack", downlinkId: 99, statuses: ["ok"], sentAt: SENT_AT });
  tell({ msgtype: "timesync", gpstime: 5 });
  await vi.waitUntil(() => oddities.length > 0);
  expect(heardOf("dntxed")).toEqual([]);
});

test("a server whose time is another, and a downlink that cannot be sent, are worth a word", async () => {
  await open();
  tell({ msgtype: "timesync", gpstime: 5 });
  tell({ ...DOWNLINK, pdu: "" });
  await vi.waitUntil(() => oddities.length === 2);
  expect(oddities[0]).toMatch(
    /^gateway 02f00afe00000001: the server's GPS time is -\d+\.\d s from/,
  );
  expect(oddities[1]).toBe("gateway 02f00afe00000001: a downlink that cannot be sent");
  expect(commands).toEqual([]);
});

test("an uplink is said with the server's data rates, and one that has none is not", async () => {
  const stations = await open();
  const uplink = {
    type: "uplink",
    phyPayload: Uint8Array.of(0xe0, 1),
    frequencyHz: 868_100_000,
    rate: { sf: 7, bandwidthHz: 125_000 },
    uplinkId: 1,
    counterUs: 5,
    gpsUs: 6,
    rssiDbm: -60,
    snrDb: 8,
  } as const;
  stations.send(0, uplink);
  stations.send(0, { ...uplink, rate: { sf: 12, bandwidthHz: 125_000 } });
  await vi.waitUntil(() => heardOf("propdf").length > 0);
  expect(heardOf("propdf")).toMatchObject([{ DR: 0, Freq: 868_100_000, FRMPayload: "e001" }]);
  expect(oddities).toEqual(["gateway 02f00afe00000000: the server has no data rate of SF12"]);
});

test("a server that is not there is refused in one line", async () => {
  url = "ws://127.0.0.1:1";
  await expect(open()).rejects.toThrow(RefusedError);
});
