import { describe, expect, test } from "vitest";
import { drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import type { CoapReply } from "#sim/server/thingsboard/coap-exchange.ts";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { DrogueCoapLink } from "./coap-link.ts";
import { basic, DrogueBench, firmwareOf, noServer } from "./drogue-bench.ts";

/* Our device and our stand-in of Drogue, over CoAP. */

function worldOf(config: NonNullable<WorldOptions["config"]> = {}) {
  const bench = new DrogueBench();
  const link = new DrogueCoapLink(bench);
  const world = new PullWorld(noServer, { link, config });
  bench.rollOut(firmwareOf(update));
  return { bench, link, world };
}

/** Offset and MTU of each question for bytes. */
function asked(link: DrogueCoapLink): readonly (readonly [number, number])[] {
  return link.requests.flatMap(({ payload }) => {
    const decoded = decodeCbor(drogueStatus, payload ?? new Uint8Array(0));
    if (!decoded.ok || decoded.value.update === undefined) return [];
    return [[decoded.value.update.offset, decoded.value.mtu ?? 0] as const];
  });
}

test("an update; each request as Drogue reads it", () => {
  const { bench, link, world } = worldOf();
  world.run(100);
  expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false, isIdle: true });
  expect(bench.device.status).toMatchObject({
    firmware: { current: "2.0.0", conditions: [{ status: "True" }] },
  });
  const chunks = Array.from({ length: Math.ceil(update.length / 256) }, (_, at) => at * 256);
  expect(asked(link).map(([offset]) => offset)).toEqual([...chunks, update.length]);
  expect(link.requests[0]).toMatchObject({
    method: "POST",
    path: ["v1", "dfu"],
    query: ["ct=4"],
    options: [{ number: 4209, value: new TextEncoder().encode(basic("d 1@app1:p:w")) }],
    observes: false,
    blockBytes: undefined,
  });
});

test("a chunk larger than a datagram comes in pieces that are not", () => {
  const { link, world } = worldOf({ chunkBytes: 1200 });
  world.run(100);
  expect(world.status().version).toBe("2.0.0");
  expect(asked(link).slice(0, 4)).toEqual([
    [0, 960],
    [960, 240],
    // All that is left of the bank.
    [1200, 848],
    [1688, 360],
  ]);
});

test("pieces that each come late but in time: the chunk has no time-out of its own", () => {
  const { bench, link, world } = worldOf({ chunkBytes: 1200, answerTimeoutMs: 30 });
  // Each exchange of this world takes 20 ms: two of them are one too many.
  world.run(100);
  expect(world.notesOf("noAnswer")).toEqual([]);
  expect(link.cancelled).toEqual([]);
  expect(bench.device.status).toMatchObject({ firmware: { current: "2.0.0" } });
});

test("power fails between two pieces: it goes on where the flash is", () => {
  const { link, world } = worldOf({ chunkBytes: 1200 });
  world.run(600, () => asked(link).length === 3);
  world.cutPower();
  link.requests.length = 0;
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(asked(link)[0]).toEqual([1200, 848]);
});

test("for a child: in the one option that Drogue reads, escaped as in a URL", () => {
  const { bench, link, world } = worldOf();
  const gateways = ["d 1"];
  const child = bench.cloud.registry.addDevice("app1", { name: "c/1&x", password: "x", gateways });
  link.child = "c/1&x";
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(link.requests[0]?.query).toEqual(["ct=4&as=c%2F1%26x"]);
  expect(child.status).toMatchObject({ firmware: { current: "2.0.0" } });
  expect(bench.device.status).toEqual({});
});

test.each([1, 2, 3, 4])(
  "every third answer is lost or broken, seed %i: it comes through",
  (seed) => {
    const { link, world } = worldOf();
    const entropy = new KeyedEntropy(seed, 0);
    link.twist = (reply) => {
      const drawn = entropy.below("fate", 6);
      if (drawn === 0) return "lost";
      return drawn === 1 ? "breaks" : reply;
    };
    world.run(3600);
    expect(world.status().version).toBe("2.0.0");
    // What is not awaited any more is cancelled.
    expect(link.cancelled.length).toBeGreaterThan(0);
  },
);

describe("what is no command: what runs goes on running", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const named = (name: string) => [{ number: 4210, value: utf8(name) }];
  const none = new Uint8Array(0);
  const rows: readonly [string, Partial<CoapReply>, string, string][] = [
    ["nobody answered", { code: 204, payload: none }, "noAnswer", "no command came in 4 s"],
    [
      "credentials",
      { code: 403 },
      "denied",
      "the server does not know this device or its password",
    ],
    [
      "credentials, by another code",
      { code: 401 },
      "denied",
      "the server does not know this device or its password",
    ],
    ["rejected", { code: 406 }, "noAnswer", "the server answers 4.06"],
    ["an error", { code: 503 }, "noAnswer", "the server answers 5.03"],
    [
      "a command without a name",
      { options: [] },
      "noAnswer",
      'a command "" that is none for an update',
    ],
    [
      "a command for something else",
      { options: named("li\u0007ght") },
      "noAnswer",
      'a command "li?ght" that is none for an update',
    ],
    ["no byte", { payload: none }, "noAnswer", "the command is none: "],
    ["too many bytes", { payload: new Uint8Array(1473) }, "noAnswer", "no whole answer"],
    [
      "an answer to another status",
      { payload: Uint8Array.of(0xa1, 0, 0xa2, 0, 5, 1, 0xf6) },
      "noAnswer",
      "the command answers another status",
    ],
  ];

  test.each(rows)("%s", (_, change, type, detail) => {
    const { link, world } = worldOf();
    link.twist = (reply) => ({ ...reply, ...change });
    world.run(3600);
    expect(world.status()).toMatchObject({ version: "1.0.0", boot: { active: 0 } });
    const [note] = world.notes.filter((one) => one.type === type);
    expect(note && "detail" in note && note.detail).toMatch(detail);
    expect(link.requests.length).toBeLessThan(100);
  });
});
