import multicastRpc from "@chirpstack/chirpstack-api/api/multicast_group_grpc_pb.js";
import multicast from "@chirpstack/chirpstack-api/api/multicast_group_pb.js";
import { Server } from "@grpc/grpc-js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { FuotaServer, type FuotaServerLogEntry } from "#hal/net/fuota-server.ts";
import { resolveScenario } from "#scenarios/defaults.ts";
import { campaignGroups } from "#sim/fleet/roster.ts";
import { RefusedError } from "#tools/errors.ts";
import { lastWord, runOnFuotaServer } from "#tools/fleet/fuota-server-campaign.ts";
import {
  answering,
  DEPLOYMENT_ID,
  FakeFuotaServer,
  listen,
} from "../../hal/net/fake-fuota-server.ts";

const [FIRST, SECOND] = ["02f00a0000000000", "02f00a0000000001"] as const;
const SETUPS = [
  "mcGroupSetupCompletedAt",
  "fragSessionSetupCompletedAt",
  "mcSessionCompletedAt",
] as const;
const ALL = [...SETUPS, "fragStatusCompletedAt"] as const;

function scenarioOf(campaign: object = {}, device: object = {}) {
  return resolveScenario({
    name: "a",
    devices: { count: 2, defaults: { uplinkIntervalS: 30, ...device } },
    campaign: {
      fragSize: 80,
      redundancyPercent: 50,
      marginS: 1,
      maxRetries: 2,
      dutyCyclePercent: 100,
      ...campaign,
    },
    expect: {},
  });
}

let fake: FakeFuotaServer;
let chirpStack: Server;
let groups: string[];
let connections: readonly ChirpStackConnection[];
beforeEach(async () => {
  fake = new FakeFuotaServer();
  await fake.start();
  groups = ["fuota-other", `fuota-${DEPLOYMENT_ID}`];
  chirpStack = groupServer();
  const api = new ChirpStackConnection(await listen(chirpStack), "key");
  connections = [api, new ChirpStackConnection(fake.address, undefined, "FUOTA Server")];
});
afterEach(() => {
  for (const connection of connections) connection.close();
  fake.stop();
  chirpStack.forceShutdown();
});

/** Multicast groups alone; their names are their ids. */
function groupServer(): Server {
  const server = new Server();
  const { list, delete: remove } = multicastRpc.MulticastGroupServiceService;
  server.addService(
    { list, delete: remove },
    {
      list: answering(() => {
        const response = new multicast.ListMulticastGroupsResponse();
        response.setResultList(
          groups.map((name) => {
            const item = new multicast.MulticastGroupListItem();
            item.setId(name);
            item.setName(name);
            return item;
          }),
        );
        return response;
      }),
      delete: answering((request: multicast.DeleteMulticastGroupRequest) => {
        groups = groups.filter((name) => name !== request.getId());
        return new empty.Empty();
      }),
    },
  );
  return server;
}

interface Course {
  readonly campaign?: object;
  readonly device?: object;
  /** What happens to the server while nobody looks, look after look. */
  readonly steps?: readonly (() => void)[];
  readonly interruptAt?: number;
}

async function run({ campaign, device, steps = [], interruptAt = Infinity }: Course) {
  const [api, own] = connections;
  if (api === undefined || own === undefined) throw new RangeError("not connected");
  const scenario = scenarioOf(campaign, device);
  const [group] = campaignGroups(scenario);
  if (group === undefined) throw new RangeError("no kind");
  const said: string[] = [];
  const waits: number[] = [];
  const record = await runOnFuotaServer(
    { server: new FuotaServer(own), chirpStack: api },
    {
      scenario,
      group,
      seed: 1,
      devEuis: [FIRST, SECOND],
      provisioned: {
        tenantId: "t",
        applicationId: "6c0e",
        profileIds: new Map(),
        gatewayIds: [],
      },
      payload: new Uint8Array(4000),
    },
    {
      isInterrupted: () => waits.length >= interruptAt,
      onJob: (text) => said.push(text),
      wait: async (ms) => {
        steps[waits.length]?.();
        waits.push(ms);
      },
    },
  );
  return { record, said, waitedS: waits.reduce((sum, ms) => sum + ms, 0) / 1000 };
}

const asked = () => fake.logs.set(FIRST, [{ fPort: 200, command: "McGroupSetupReq", fields: [] }]);
const passed = (devEui: string, stages: Parameters<typeof fake.passed.set>[1]) => () =>
  fake.passed.set(devEui, stages);
const over =
  (...stages: readonly Parameters<typeof fake.over.add>[0][]) =>
  () => {
    for (const stage of stages) fake.over.add(stage);
  };
const bothPassedAll = () => {
  passed(FIRST, ALL)();
  passed(SECOND, ALL)();
};

test("a deployment is followed stage after stage, and every device is complete", async () => {
  const { record, said } = await run({
    steps: [
      asked,
      passed(FIRST, ["mcGroupSetupCompletedAt"]),
      over("mcGroupSetupCompletedAt"),
      over("fragSessionSetupCompletedAt"),
      bothPassedAll,
      over("mcSessionCompletedAt"),
      over("enqueueCompletedAt", "fragStatusCompletedAt"),
    ],
  });
  const done = {
    isGroupSetUp: true,
    isBlockSetUp: true,
    isSessionSetUp: true,
    isStatusGood: true,
    isComplete: true,
    error: "",
  };
  expect(record).toEqual({
    group: "device",
    isComplete: true,
    complaints: [],
    rows: [
      { devEui: FIRST, ...done },
      { devEui: SECOND, ...done },
    ],
  });
  expect(said).toEqual([
    "the devices are being asked",
    "McGroupSetup over, 1 of 2",
    "FragSessionSetup over, 0 of 2",
    "McClassCSession over, 2 of 2",
    "DataFragment over, 2 of 2",
    "FragSessionStatus over, 2 of 2",
  ]);
  expect(groups).toHaveLength(2);
});

describe("the session lasts for", () => {
  // 50 fragments and 25 more, a second each: 76 s, and 35 s for each attempt but the first.
  test.each([
    ["one attempt", { maxRetries: 0 }, 7],
    ["two", { maxRetries: 1 }, 7],
    ["three", { maxRetries: 2 }, 8],
    ["more than there can be", { maxRetries: 5, marginS: 600 }, 15],
    ["what the scenario says", { timeoutExponent: 4 }, 4],
  ])("%s", async (_, campaign, exponent) => {
    await run({ campaign, interruptAt: 0 });
    expect(fake.deployment?.multicastTimeout).toBe(exponent);
    expect(fake.deployment?.fragmentationRedundancy).toBe(25);
  });
});

test("devices come with the root of their multicast keys, by their version of LoRaWAN", async () => {
  await run({ interruptAt: 0 });
  const older = fake.deployment?.devices;
  await run({ device: { lorawan: "1.1" }, interruptAt: 0 });
  const newer = fake.deployment?.devices;
  expect(older?.map(({ devEui }) => devEui)).toEqual([FIRST, SECOND]);
  expect(older?.[0]?.mcRootKey).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set([older, newer].flatMap((all) => all?.map((one) => one.mcRootKey))).size).toBe(4);
});

test("without a status request it is over when the session is", async () => {
  const { record, waitedS } = await run({
    campaign: { requestStatus: "never" },
    steps: [
      asked,
      passed(FIRST, SETUPS),
      over("mcGroupSetupCompletedAt", "fragSessionSetupCompletedAt", "mcSessionCompletedAt"),
      over("enqueueCompletedAt"),
    ],
  });
  expect(waitedS).toBe(4 * 2 + 256);
  expect(record.isComplete).toBe(true);
  expect(record.rows.map(({ isComplete }) => isComplete)).toEqual([true, false]);
});

describe("a deployment that does not go on", () => {
  test("because nothing was ever asked", async () => {
    const { record, waitedS } = await run({});
    expect(record.complaints).toEqual([expect.stringMatching(/^nothing asked .* in 31 s; .*log/)]);
    expect(record.isComplete).toBe(false);
    expect(waitedS).toBeLessThan(40);
  });

  test("because a stage has no end", async () => {
    passed(SECOND, ["mcGroupSetupCompletedAt"])();
    const { record, waitedS } = await run({ steps: [asked, over("mcGroupSetupCompletedAt")] });
    expect(record.complaints).toEqual([
      "FragSessionSetup is not over after 225 s: was the server restarted?",
    ]);
    expect(waitedS).toBeGreaterThan(200);
    expect(record.rows.map(({ error }) => error)).toEqual([
      "no answer to 1 McGroupSetupReq",
      "nothing was asked of it",
    ]);
  });

  test("because the server hears nothing, is not waited for", async () => {
    const { record, waitedS } = await run({ steps: [asked, over("mcGroupSetupCompletedAt")] });
    expect(record.complaints).toEqual([expect.stringMatching(/heard no answer .*--fuota-events/)]);
    expect(waitedS).toBeLessThan(10);
  });

  test("because of Ctrl-C loses its group, and no other does", async () => {
    const { record } = await run({ steps: [asked], interruptAt: 3 });
    expect(record).toMatchObject({ isComplete: false, complaints: [] });
    expect(groups).toEqual(["fuota-other"]);
  });

  test("because of Ctrl-C is on record though its group is out of reach", async () => {
    const { record } = await run({ steps: [() => chirpStack.forceShutdown()], interruptAt: 1 });
    expect(record.complaints).toEqual([
      expect.stringMatching(/^ChirpStack at .*cannot be reached/),
    ]);
    expect(record.rows).toHaveLength(2);
  });
});

test("a refusal on the way is said once, and waited out", async () => {
  const refuse = () => {
    fake.failures = 3;
  };
  const { said } = await run({ steps: [asked, refuse], interruptAt: 7 });
  expect(said).toEqual([
    "the devices are being asked",
    `FUOTA Server at ${fake.address}: too many clients`,
  ]);
});

test("a server that is gone at the start refuses the run", async () => {
  fake.stop();
  await expect(run({})).rejects.toBeInstanceOf(RefusedError);
});

describe("why a device did not complete is the last thing in its log", () => {
  const request = (command: string): FuotaServerLogEntry => ({ command, fields: new Map() });
  const answer = (command: string, fields: object): FuotaServerLogEntry => ({
    command,
    fields: new Map(Object.entries(fields)),
  });
  const missing = { missing_frag: "3", frag_index: "0", not_enough_matrix_memory: "false" };
  test.each<[string, readonly FuotaServerLogEntry[]]>([
    ["nothing was asked of it", []],
    ["no answer to 1 McGroupSetupReq", [request("McGroupSetupReq")]],
    [
      "no answer to 2 FragSessionStatusReq",
      [
        request("McGroupSetupReq"),
        answer("McGroupSetupAns", { id_error: "false" }),
        request("FragSessionStatusReq"),
        request("FragSessionStatusReq"),
      ],
    ],
    ["McGroupSetupAns, id_error true", [answer("McGroupSetupAns", { id_error: "true" })]],
    ["FragSessionStatusAns, missing_frag 3", [answer("FragSessionStatusAns", missing)]],
    ["McGroupSetupAns", [answer("McGroupSetupAns", { id_error: "false", mc_group_id: "0" })]],
  ])("%s", (text, log) => {
    expect(lastWord(log)).toBe(text);
  });
});
