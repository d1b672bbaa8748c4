import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { FromStationServer } from "#hal/net/basics-station-server.ts";
import { StationSocket } from "#hal/net/station-socket.ts";
import { hex } from "../../hex.ts";

/** A server that we can make do anything. */

const EUI = hex("02 f0 0a fe 00 00 00 01");
const CONFIG = '{"msgtype":"router_config","region":"EU863","DRs":[[12,125,0],[7,125,0]]}';

let server: WebSocketServer;
let url = "";
let onInfo: (socket: WebSocket, text: string) => void;
let onVersion: (socket: WebSocket, text: string) => void;
const stations: StationSocket[] = [];
const headers: (string | undefined)[] = [];
const messages: FromStationServer[] = [];
const oddities: string[] = [];
const states: string[] = [];

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onInfo = (socket) => socket.send(JSON.stringify({ uri: `${url}/gateway/1` }));
  onVersion = (socket) => socket.send(CONFIG);
  server.on("connection", (socket, request) => {
    headers.push(request.headers.authorization);
    const answer = request.url === "/router-info" ? () => onInfo : () => onVersion;
    socket.once("message", (data) => answer()(socket, String(data)));
  });
});
afterEach(async () => {
  await Promise.all(stations.splice(0).map((station) => station.close()));
  for (const list of [headers, messages, oddities, states]) list.length = 0;
  for (const client of server.clients) client.terminate();
  server.close();
  await once(server, "close");
});

async function open(authorization?: string): Promise<StationSocket> {
  const station = await StationSocket.open(
    authorization === undefined ? { url } : { url, authorization },
    EUI,
    {
      onMessage: (message) => messages.push(message),
      onOddity: (text) => oddities.push(text),
      onState: (state) => states.push(state),
    },
  );
  stations.push(station);
  return station;
}

test("asks where to go, says who it is, and takes the data rates it is given", async () => {
  const said: string[] = [];
  onInfo = (socket, text) => {
    said.push(text);
    socket.send(JSON.stringify({ uri: `${url}/gateway/1` }));
  };
  onVersion = (socket, text) => {
    said.push(text);
    socket.send(CONFIG);
  };
  const station = await open("Bearer secret");
  expect(said[0]).toBe('{"router":"2f0:afe:0:1"}');
  expect(said[1]).toContain('"msgtype":"version"');
  expect(station.rates.map((rate) => rate?.sf)).toEqual([12, 7]);
  expect(states).toEqual(["connected"]);
  expect(headers).toEqual(["Bearer secret", "Bearer secret"]);
});

test("gives on what the server says, and says when it is nothing", async () => {
  let theirs: WebSocket | undefined;
  onVersion = (socket) => {
    theirs = socket;
    socket.send(CONFIG);
  };
  await open();
  theirs?.send('{"msgtype":"timesync","txtime":1,"gpstime":2}');
  theirs?.send("rubbish");
  await vi.waitUntil(() => oddities.length > 0);
  expect(messages.map(({ type }) => type)).toEqual(["routerConfig", "timeSync"]);
  expect(oddities).toEqual(["undecodable message"]);
});

test("what it says reaches the server", async () => {
  const heard: string[] = [];
  onVersion = (socket) => {
    socket.on("message", (data) => heard.push(String(data)));
    socket.send(CONFIG);
  };
  const station = await open();
  station.send("something");
  await vi.waitUntil(() => heard.length > 0);
  expect(heard).toEqual(["something"]);
});

test("comes back when the connection is lost, and asks anew where to go", async () => {
  let asked = 0;
  onInfo = (socket) => {
    asked += 1;
    socket.send(JSON.stringify({ uri: `${url}/gateway/1` }));
  };
  let connections = 0;
  onVersion = (socket) => {
    connections += 1;
    socket.send(CONFIG);
    if (connections === 1) socket.close();
  };
  await open();
  await vi.waitUntil(() => connections === 2, 5000);
  await vi.waitUntil(() => states.length === 3);
  expect(states).toEqual(["connected", "lost", "connected"]);
  expect(asked).toBe(2);
});

test("closed while it comes back, it leaves no connection behind", async () => {
  const station = await open();
  const asked = new Promise<void>((resolve) => {
    onInfo = () => resolve();
  });
  for (const client of server.clients) client.terminate();
  await asked;
  const left = Promise.all([...server.clients].map((client) => once(client, "close")));
  await station.close();
  await left;
  expect(headers).toHaveLength(3);
  expect(server.clients.size).toBe(0);
});

test.each<[string, () => void, RegExp]>([
  [
    "does not know it",
    () => {
      onInfo = (socket) => socket.send('{"error":"no such router"}');
    },
    /no such router/,
  ],
  [
    "closes at once",
    () => {
      onInfo = (socket) => socket.close();
    },
    /closed without an answer to router-info/,
  ],
  [
    "will not have it a second time",
    () => {
      onVersion = (socket) => socket.close();
    },
    /closed by the server/,
  ],
])("a server that %s refuses it", async (_, arrange, reason) => {
  arrange();
  await expect(open()).rejects.toThrow(reason);
  expect(states).toEqual([]);
});

test("a server that is not there refuses it", async () => {
  url = "ws://127.0.0.1:1";
  await expect(open()).rejects.toThrow(/ECONNREFUSED/);
});
