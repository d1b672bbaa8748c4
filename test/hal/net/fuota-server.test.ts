import { Server } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiRefused, ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { FuotaServer, type FuotaServerFacts } from "#hal/net/fuota-server.ts";
import { FUOTA_SERVER } from "#hal/net/fuota-server-messages.ts";
import { hex } from "../../hex.ts";
import { answering, DEPLOYMENT_ID, FakeFuotaServer, listen } from "./fake-fuota-server.ts";

const DEV_EUI = "02f00a0000000000";
const FACTS: FuotaServerFacts = {
  applicationId: "6c0e",
  devices: [{ devEui: DEV_EUI, mcRootKey: "00112233445566778899aabbccddeeff" }],
  region: "IN865",
  dr: 3,
  frequencyHz: 866_550_000,
  timeoutExponent: 8,
  unicastTimeoutS: 45,
  attempts: 4,
  fragSize: 100,
  codedFragments: 7,
  blockAckDelay: 2,
  descriptor: hex("01 02 03 04"),
  requestStatus: "never",
  payload: hex("de ad"),
};

let fake: FakeFuotaServer;
const connections: ChirpStackConnection[] = [];
beforeEach(async () => {
  fake = new FakeFuotaServer();
  await fake.start();
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
  fake.stop();
});

function serverAt(address: string): FuotaServer {
  const connection = new ChirpStackConnection(address, undefined, "FUOTA Server");
  connections.push(connection);
  return new FuotaServer(connection);
}

test("a deployment is made of the scenario's numbers", async () => {
  expect(await serverAt(fake.address).start(FACTS)).toBe(DEPLOYMENT_ID);
  expect(fake.deployment).toEqual({
    applicationId: "6c0e",
    devices: FACTS.devices,
    multicastGroupType: 1,
    multicastDr: 3,
    multicastFrequency: 866_550_000,
    multicastTimeout: 8,
    multicastRegion: 9,
    unicastTimeout: { seconds: 45, nanos: 0 },
    unicastAttemptCount: 4,
    fragmentationFragmentSize: 100,
    payload: FACTS.payload,
    fragmentationRedundancy: 7,
    fragmentationBlockAckDelay: 2,
    fragmentationDescriptor: FACTS.descriptor,
    requestFragmentationSessionStatus: 2,
  });
});

test("its state says which stages are over, and which each device has passed", async () => {
  const server = serverAt(fake.address);
  const id = await server.start(FACTS);
  fake.over.add("mcGroupSetupCompletedAt").add("enqueueCompletedAt");
  fake.passed.set(DEV_EUI, ["fragSessionSetupCompletedAt", "fragStatusCompletedAt"]);
  expect(await server.state(id)).toEqual({
    isGroupDone: true,
    isBlockDone: false,
    isSessionDone: false,
    isEnqueued: true,
    isStatusDone: false,
    devices: [
      {
        devEui: DEV_EUI,
        isGroupSetUp: false,
        isBlockSetUp: true,
        isSessionSetUp: false,
        isStatusGood: true,
      },
    ],
  });
});

test("the log of a device is what was asked and answered", async () => {
  const server = serverAt(fake.address);
  const fields = [{ name: "id_error", value: "true" }];
  fake.logs.set(DEV_EUI, [{ fPort: 200, command: "McGroupSetupAns", fields }]);
  expect(await server.log(DEPLOYMENT_ID, DEV_EUI)).toEqual([
    { command: "McGroupSetupAns", fields: new Map([["id_error", "true"]]) },
  ]);
});

describe("before a run", () => {
  test("a server that knows no such deployment is there", async () => {
    await serverAt(fake.address).check();
  });

  test("one that is not there is refused, with its address", async () => {
    fake.stop();
    const check = serverAt(fake.address).check();
    await expect(check).rejects.toThrow(`FUOTA Server at ${fake.address}: cannot be reached`);
    await expect(check).rejects.toBeInstanceOf(ApiRefused);
  });

  test("another gRPC service is refused", async () => {
    const other = new Server();
    const address = await listen(other);
    const check = serverAt(address).check();
    await expect(check).rejects.toThrow(`FUOTA Server at ${address}: does not know the call`);
    other.forceShutdown();
  });

  test("a state that is no message is refused", async () => {
    const { getDeploymentStatus } = FUOTA_SERVER;
    const responseSerialize = () => Buffer.from("0a05", "hex");
    const odd = new Server();
    odd.addService(
      { getDeploymentStatus: { ...getDeploymentStatus, responseSerialize } },
      { getDeploymentStatus: answering(() => ({})) },
    );
    const address = await listen(odd);
    await expect(serverAt(address).check()).rejects.toThrow(/2 bytes that are no message/);
    odd.forceShutdown();
  });
});
