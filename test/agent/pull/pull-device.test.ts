import { describe, expect, test } from "vitest";
import { factoryImage, imageOf } from "../test-device.ts";
import { PullWorld, UNIX_MS, type WorldOptions } from "./pull-world.ts";
import {
  isChunk,
  isReport,
  isTarget,
  ScriptedServer,
  type Twist,
  update,
} from "./scripted-server.ts";

function worldOf(twist?: Twist, options?: WorldOptions) {
  const server = new ScriptedServer();
  if (twist !== undefined) server.twist = twist;
  return { server, world: new PullWorld(server, options) };
}

const TOLD = ["DOWNLOADING", "DOWNLOADED", "VERIFIED", "UPDATING", undefined, "UPDATED"];
const ALL_CHUNKS = Array.from({ length: Math.ceil(update.length / 256) }, (_, index) => index);

describe("an update", () => {
  test("from the first question to UPDATED", () => {
    const { world } = worldOf();
    world.run(60);
    expect(world.requests.slice(0, 3).map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v1/T%201/telemetry",
      "GET /api/v1/T%201/attributes?sharedKeys=fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm,fw_url,fw_tag",
      "POST /api/v1/T%201/telemetry",
    ]);
    expect(world.requests[3]?.path).toBe(
      "/api/v1/T%201/firmware?title=fw&version=2.0.0&size=256&chunk=0",
    );
    expect(world.chunks()).toEqual(ALL_CHUNKS);
    expect(world.states()).toEqual([undefined, ...TOLD]);
    expect(world.telemetry().map((values) => values["current_fw_version"])).toEqual([
      ...Array(5).fill("1.0.0"),
      ...Array(2).fill("2.0.0"),
    ]);
    expect(world.status()).toMatchObject({
      version: "2.0.0",
      isTrial: false,
      offsetBytes: undefined,
      boot: { active: 1, lastReason: "confirmed" },
    });
    expect(world.bank(1).subarray(0, update.length)).toEqual(update);
    expect(world.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
  });

  test("every report has a time of its own, the later one's higher", () => {
    const { world } = worldOf();
    world.run(60);
    const times = world.requests.filter(isReport).map(({ body }) => JSON.parse(body ?? "").ts);
    expect(times[0]).toBeGreaterThanOrEqual(UNIX_MS);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  test("software packages have paths and keys of their own", () => {
    const { world } = worldOf(undefined, { kind: "sw" });
    world.run(60);
    expect(world.requests.find(isChunk)?.path).toContain("/software?title=fw");
    expect(world.telemetry().at(-1)).toMatchObject({
      current_sw_version: "2.0.0",
      sw_state: "UPDATED",
    });
  });

  test.each([8, 32, 1024])("in chunks of %i bytes", (chunkBytes) => {
    const { world } = worldOf(undefined, { config: { chunkBytes } });
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
    expect(world.chunks()).toHaveLength(Math.ceil(update.length / chunkBytes));
  });

  test("nothing assigned: it asks now and then, and writes nothing", () => {
    const { server, world } = worldOf();
    server.assigned = undefined;
    world.run(1);
    const { operations } = world.flash;
    world.run(3000);
    expect(world.requests.filter(isTarget)).toHaveLength(11);
    expect(world.requests.filter(isChunk)).toHaveLength(0);
    expect(world.flash.operations).toBe(operations);
  });

  test("it is told of an assignment when it asks to be", () => {
    const { server, world } = worldOf(undefined, { longPolls: true });
    const { assigned } = server;
    server.assigned = undefined;
    server.twist = (request, reply) => (request.path.includes("/updates") ? "lost" : reply);
    world.run(100);
    expect(world.requests.at(-1)?.path).toBe("/api/v1/T%201/attributes/updates?timeout=25000");
    // It waits as long as it said, not as long as for an answer.
    expect(world.requests.filter(({ path }) => path.includes("/updates"))).toHaveLength(1);
    server.assigned = assigned;
    server.twist = (_, reply) => reply;
    world.run(600, () => world.states().includes("UPDATED"));
    expect(world.status().version).toBe("2.0.0");
  });

  test("a server that always has a change to tell does not keep it busy", () => {
    const { world } = worldOf(
      (request, reply) => (request.path.includes("/updates") ? { status: 200, body: "{}" } : reply),
      { longPolls: true },
    );
    world.run(60);
    const before = world.requests.length;
    world.run(60);
    expect(world.requests.length - before).toBeLessThan(130);
  });

  test("a fleet does not speak at once", () => {
    const { world } = worldOf(undefined, { config: { startDelayMaxS: 1000 } });
    world.run(1);
    expect(world.requests).toEqual([]);
    world.run(1060);
    expect(world.status().version).toBe("2.0.0");
  });
});

describe("what goes wrong on the way is asked for again", () => {
  const onceEach =
    (matches: (request: Parameters<Twist>[0]) => boolean, wrong: Parameters<Twist>[1]): Twist =>
    (request, reply, count) =>
      matches(request) && count === 0 ? wrong : reply;

  test.each<{ what: string; twist: Twist }>([
    { what: "every chunk is lost once", twist: onceEach(isChunk, "lost") },
    { what: "every chunk fails once", twist: onceEach(isChunk, "connection reset") },
    { what: "a rate limit at every chunk", twist: onceEach(isChunk, { status: 500 }) },
    { what: "every chunk is empty once", twist: onceEach(isChunk, { status: 200 }) },
    {
      what: "every chunk is a byte short once",
      twist: (request, reply, count) =>
        isChunk(request) && count === 0 && typeof reply !== "string"
          ? { status: 200, body: (reply.body as Uint8Array).subarray(1) }
          : reply,
    },
    {
      what: "every chunk is a byte short once",
      twist: (request, reply, count) =>
        isChunk(request) && count === 0 && typeof reply !== "string"
          ? { status: 200, body: (reply.body as Uint8Array).subarray(1) }
          : reply,
    },
    {
      what: "every chunk is a byte longer once",
      twist: (request, reply, count) =>
        isChunk(request) && count === 0 && typeof reply !== "string"
          ? { status: 200, body: Buffer.concat([reply.body as Uint8Array, Buffer.of(0)]) }
          : reply,
    },
    { what: "a redirect is not followed", twist: onceEach(isChunk, { status: 302 }) },
    { what: "the target is lost once", twist: onceEach(isTarget, "lost") },
    {
      what: "the target is no JSON once",
      twist: onceEach(isTarget, { status: 200, body: "<html>" }),
    },
    {
      what: "the target is not UTF-8 once",
      twist: onceEach(isTarget, { status: 200, body: Uint8Array.of(0xff) }),
    },
    {
      what: "the target is a list once",
      twist: onceEach(isTarget, { status: 200, body: '{"shared":[]}' }),
    },
    {
      what: "every report is lost once",
      twist: (request, reply, count) => (isReport(request) && count % 2 === 0 ? "lost" : reply),
    },
  ])("$what", ({ twist }) => {
    const { world } = worldOf(twist);
    world.run(1200);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false });
    expect(world.states().at(-1)).toBe("UPDATED");
    expect(world.states()).not.toContain("FAILED");
  });

  test("after a lost chunk it first asks which package is assigned", () => {
    const { world } = worldOf((request, reply, count) =>
      isChunk(request) && count === 0 && request.path.endsWith("chunk=2") ? "lost" : reply,
    );
    world.run(60);
    const lost = world.requests.findIndex(({ path }) => path.endsWith("chunk=2"));
    expect(world.requests.slice(lost + 1, lost + 3).map(isTarget)).toEqual([true, false]);
    expect(world.chunks()).toEqual([0, 1, 2, ...ALL_CHUNKS.slice(2)]);
    expect(world.states()).toEqual([undefined, ...TOLD]);
  });

  test("a server that is gone is asked ever more rarely, and then no more rarely", () => {
    const { world } = worldOf(() => "connection refused");
    world.run(3600);
    const waits = world.notesOf("noAnswer").map(({ retryMs }) => retryMs);
    expect(waits.slice(0, 3).map((ms, at) => ms >= 500 * 2 ** at && ms <= 1000 * 2 ** at)).toEqual([
      true,
      true,
      true,
    ]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(waits.length).toBeGreaterThan(50);
    expect(world.status().version).toBe("1.0.0");
  });

  test("telemetry that is always refused does not stop an update", () => {
    const { world } = worldOf((request, reply) => (isReport(request) ? { status: 500 } : reply));
    world.run(3600);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false });
  });

  test("in larger chunks after a reset: what is left of the first one is fetched again", () => {
    const config = { chunkBytes: 256 };
    const { world } = worldOf(undefined, { config });
    world.run(60, () => world.chunks().includes(3));
    world.cutPower();
    config.chunkBytes = 1024;
    world.run(60);
    expect(world.chunks()).toEqual([0, 1, 2, 3, 0, 1]);
    expect(world.bank(1).subarray(0, update.length)).toEqual(update);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("a short image after a longer one: nothing of that is left behind it", () => {
    const long = { bytes: imageOf("2.0.0", 2, 1800), attributes: { checksum: "ab".repeat(32) } };
    const short = imageOf("2.1.0", 2, 300);
    const { server, world } = worldOf();
    server.assigned = long;
    world.run(3600);
    server.assigned = { version: "2.1.0", bytes: short };
    world.run(3600);
    expect(world.status().version).toBe("2.1.0");
    expect(
      world
        .bank(1)
        .subarray(short.length)
        .every((byte) => byte === 0xff),
    ).toBe(true);
  });

  test("another package is assigned in the middle: it alone is taken", () => {
    const newer = imageOf("3.0.0", 3, 1200);
    const { server, world } = worldOf();
    world.run(60, () => world.chunks().includes(3));
    server.assigned = { version: "3.0.0", bytes: newer };
    world.run(600);
    expect(world.status().version).toBe("3.0.0");
    expect(world.bank(1).subarray(0, newer.length)).toEqual(newer);
    expect(world.states().filter((state) => state === "UPDATED")).toHaveLength(1);
  });

  test("un-assigned in the middle: the download is given up", () => {
    const { server, world } = worldOf();
    world.run(60, () => world.chunks().includes(3));
    server.assigned = undefined;
    world.run(600);
    expect(world.status()).toMatchObject({ version: "1.0.0", offsetBytes: undefined });
    expect(world.status().boot.lastReason).toBe("abandoned");
    expect(world.states()).not.toContain("FAILED");
  });
});

describe("a new image on trial", () => {
  /** Lives of the trial: the factory image has the first, and those after it. */
  const onTrial = (world: PullWorld) => world.lives >= 2 && world.lives <= 4;

  test.each<{ what: string; reply: ReturnType<Twist> }>([
    { what: "hears nothing", reply: "lost" },
    { what: "finds nobody there", reply: "connection refused" },
    { what: "is not known to the server", reply: { status: 401 } },
    { what: "gets errors alone", reply: { status: 500 } },
  ])("that $what resets itself, three times in all, and is rolled back", ({ reply }) => {
    const { server, world } = worldOf();
    server.twist = (_, honest) => (onTrial(world) ? reply : honest);
    world.run(4 * 600 + 60);
    expect(world.status()).toMatchObject({ version: "1.0.0", isTrial: false });
    expect(world.lives).toBe(5);
    expect(world.notesOf("confirmed")).toEqual([]);
    expect(world.states()).not.toContain("UPDATED");
    expect(world.telemetry().at(-1)).toMatchObject({ fw_state: "FAILED", fw_error: "rolledBack" });
  });

  test("that has met its server is not reset by the clock of its trial", () => {
    const { world } = worldOf();
    world.run(3600);
    expect(world.notesOf("confirmed")).toHaveLength(1);
    expect(world.lives).toBe(2);
  });

  test("speaks at once, however long others wait for their turn", () => {
    const config = { startDelayMaxS: 20_000, trialDeadlineS: 20 };
    const { world } = worldOf(undefined, { config });
    world.run(20_100);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false });
    expect(world.lives).toBe(2);
  });
});

describe("how it ended is told", () => {
  const isUpdated = ({ body }: Parameters<Twist>[0]) => body?.includes("UPDATED") === true;

  test("once: not again after a reset", () => {
    const { world } = worldOf();
    world.run(60);
    world.cutPower();
    world.run(600);
    expect(world.states()).toEqual([undefined, ...TOLD, undefined]);
  });

  test("after a reset, if nobody heard of it before", () => {
    const { server, world } = worldOf((request, reply) => (isUpdated(request) ? "lost" : reply));
    world.run(20);
    world.cutPower();
    server.twist = (_, reply) => reply;
    world.run(60);
    expect(world.states().at(-1)).toBe("UPDATED");
  });

  test("after an hour in which nobody heard of it, in the same life", () => {
    const { server, world } = worldOf((request, reply) => (isUpdated(request) ? "lost" : reply));
    world.run(3600);
    server.twist = (_, reply) => reply;
    const before = world.telemetry().length;
    world.run(600);
    expect(world.states().slice(before)).toEqual(["UPDATED"]);
    expect(world.lives).toBe(2);
  });
});
