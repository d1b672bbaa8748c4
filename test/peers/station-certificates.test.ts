import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { InputError, RefusedError } from "#tools/errors.ts";
import { StationLink } from "#tools/fleet/station-link.ts";
import { stationServers } from "#tools/fleet/station-options.ts";
import { makeCertificate } from "./certificates.ts";

/* Basics Stations at a server that knows gateways by their certificates, as ChirpStack's bridge does. */

const IDS = ["02f00afe00000000", "02f00afe00000001"];
const CONFIG = '{"msgtype":"router_config","region":"EU863","DRs":[[7,125,0]]}';
const folder = mkdtempSync(join(tmpdir(), "fuota-station-"));
const at = (name: string) => join(folder, name);
let server: Server;
let url = "";
/** Common names of those who connected. */
const known: string[] = [];

beforeAll(async () => {
  makeCertificate(folder, "ca");
  makeCertificate(folder, "server", {
    by: "ca",
    options: ["-addext", "subjectAltName=IP:127.0.0.1"],
  });
  for (const id of IDS) makeCertificate(folder, id, { by: "ca" });
  makeCertificate(folder, "stranger");
  writeFileSync(at("rubbish.pem"), "rubbish");
  server = createServer({
    cert: readFileSync(at("server.pem")),
    key: readFileSync(at("server.key")),
    ca: readFileSync(at("ca.pem")),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const stations = new WebSocketServer({ server });
  stations.on("connection", (socket, request) => {
    const { CN: name } = (request.socket as TLSSocket).getPeerCertificate().subject;
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as { msgtype: string; router?: string };
      if (request.url !== "/router-info") {
        if (message.msgtype === "version") socket.send(CONFIG);
        return;
      }
      known.push(String(name));
      const isOwn = IDS.some((id, index) => id === name && message.router === `2f0:afe:0:${index}`);
      const error = `certificate CommonName ${String(name)} does not match`;
      socket.send(JSON.stringify(isOwn ? { uri: `${url}/gateway` } : { error }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  rmSync(folder, { recursive: true, force: true });
});

const files = (cert: string, key = cert) => ({
  stationCa: at("ca.pem"),
  stationCert: at(`${cert}.pem`),
  stationKey: at(`${key}.key`),
});

async function connect(options: object, gateways = 1): Promise<void> {
  const servers = stationServers(url, options, gateways);
  const nothing = () => undefined;
  const events = { onCommand: nothing, onOddity: nothing, onState: nothing };
  const link = await StationLink.open(servers, IDS.slice(0, gateways), events);
  await link.close();
}

test("each gateway is known by its own certificate", async () => {
  await connect(files("{id}"), 2);
  expect(known.splice(0).toSorted()).toEqual(IDS);
});

test("one certificate does for one gateway", async () => {
  await connect(files(IDS[0] ?? ""));
  expect(known.splice(0)).toEqual(["02f00afe00000000"]);
});

describe("a server refuses in one line", () => {
  test.each([
    ["a gateway without a certificate", { stationCa: at("ca.pem") }, /certificate required/],
    [
      "one that another authority has signed",
      files("stranger"),
      /alert|may not take this station's certificate/,
    ],
    ["that of another gateway", files(IDS[1] ?? ""), /CommonName 02f00afe00000001 does not match/],
  ])("%s", async (_, options, words) => {
    const refusal = await connect(options).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusedError);
    const { message } = refusal as RefusedError;
    expect(message).toMatch(words);
    expect(message).toMatch(/^wss:\/\/127\.0\.0\.1:\d+: [^\n]+$/);
  });

  test("who does not trust it", async () => {
    const options = { ...files(IDS[0] ?? ""), stationCa: at("stranger.pem") };
    await expect(connect(options)).rejects.toThrow(/certificate/);
  });
});

describe("files that cannot be used are told before anything is connected", () => {
  test.each([
    ["a certificate", files("rubbish", "ca"), /rubbish\.pem: holds no certificate in PEM/],
    ["a key", { ...files("ca"), stationKey: at("ca.pem") }, /ca\.pem: holds no private key/],
    ["another's key", files("ca", "server"), /server\.key: is not the key of .*ca\.pem/],
    ["an authority", { stationCa: at("rubbish.pem") }, /rubbish\.pem: holds no certificate/],
    ["a gateway's", files("{id}-none"), /02f00afe00000000-none\.pem: no such file/],
  ])("%s", (_, options, words) => {
    const read = () => stationServers(url, options, 2);
    expect(read).toThrow(InputError);
    expect(read).toThrow(words);
  });
});
