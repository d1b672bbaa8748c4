import { describe, expect, test } from "vitest";
import { type DrogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { imageOf } from "../../../agent/test-device.ts";
import { DrogueBench, DrogueHttpLink, firmwareOf, noServer } from "./drogue-bench.ts";

/* Our device and our stand-in of Drogue, over HTTP. */

type OnCommand = NonNullable<
  NonNullable<ConstructorParameters<typeof DrogueBench>[0]>["onCommand"]
>;

function worldOf(
  onCommand: OnCommand = (_, command) => command,
  options: Omit<WorldOptions, "link"> = {},
) {
  const bench = new DrogueBench({ onCommand });
  const link = new DrogueHttpLink(bench);
  const world = new PullWorld(noServer, { ...options, link });
  return { bench, link, world };
}

/** What it said it had, of each question for bytes. */
function offsetsOf(link: DrogueHttpLink): readonly number[] {
  return link.statuses.flatMap((bytes) => {
    const decoded = decodeCbor(drogueStatus, bytes);
    return decoded.ok && decoded.value.update !== undefined ? [decoded.value.update.offset] : [];
  });
}

describe.each(["packed", "named"] as const)("%s", (spelling) => {
  test("an update: the image is asked for once, and the server has the last word", () => {
    const { bench, link, world } = worldOf();
    link.spelling = spelling;
    bench.rollOut(firmwareOf(update));
    world.run(100);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false, isIdle: true });
    const chunks = Array.from({ length: Math.ceil(update.length / 256) }, (_, at) => at * 256);
    expect(offsetsOf(link)).toEqual([...chunks, update.length]);
    expect(bench.device.status).toMatchObject({
      firmware: { current: "2.0.0", target: "2.0.0", conditions: [{ status: "True" }] },
    });
  });
});

test("an image of whole chunks: one more question tells that it ends", () => {
  const { bench, link, world } = worldOf(undefined, { config: { chunkBytes: 8 } });
  const even = imageOf("2.0.0", 3, 1500 + ((8 - (update.length % 8)) % 8));
  expect(even.length % 8).toBe(0);
  bench.rollOut(firmwareOf(even));
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(offsetsOf(link).at(-1)).toBe(even.length);
});

test("a server that gives less than it was asked for", () => {
  const shorter: OnCommand = (_, command) =>
    command.name === "Write" ? { ...command, data: command.data.subarray(0, 100) } : command;
  const { bench, world } = worldOf(shorter);
  bench.rollOut(firmwareOf(update));
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
});

test("Wait in the middle: it waits, and goes on where it was", () => {
  let waits = 3;
  const busy: OnCommand = (_, command) => {
    const isMiddle = command.name === "Write" && command.offset === 512 && waits-- > 0;
    const { correlationId } = command;
    return isMiddle ? { name: "Wait", correlationId, poll: 1000 } : command;
  };
  const { bench, link, world } = worldOf(busy);
  bench.rollOut(firmwareOf(update));
  world.run(2900);
  expect(world.status()).toMatchObject({ version: "1.0.0", offsetBytes: 512 });
  world.run(3000);
  expect(world.status().version).toBe("2.0.0");
  expect(offsetsOf(link).filter((offset) => offset === 512)).toHaveLength(4);
});

test.each([
  { poll: 2 ** 32 - 1, atLeast: 2, atMost: 4, what: "once a day all the same" },
  { poll: 0, atLeast: 1000, atMost: 3 * 86_400, what: "and not more often than each second" },
])("a server that wants to be asked again in $poll s: $what", ({ poll, atLeast, atMost }) => {
  const idle: OnCommand = (_, { correlationId }) => ({ name: "Wait", correlationId, poll });
  const { bench, link, world } = worldOf(idle);
  bench.rollOut(firmwareOf(update));
  world.run(3 * 86_400, () => link.statuses.length > 2000);
  expect(link.statuses.length).toBeGreaterThanOrEqual(atLeast);
  expect(link.statuses.length).toBeLessThanOrEqual(atMost);
  expect(link.statuses.length / (world.now / 1e6)).toBeLessThanOrEqual(1);
});

test("another version in the middle: begins anew with that one", () => {
  const { bench, world } = worldOf((_, command) => {
    if (command.name === "Write" && command.offset === 768) {
      bench.rollOut(firmwareOf(imageOf("3.0.0", 3, 1500), { version: "3.0.0" }));
    }
    return command;
  });
  bench.rollOut(firmwareOf(update));
  world.run(600);
  expect(world.status().version).toBe("3.0.0");
});

test("power fails between two pieces: it goes on where it was", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  world.run(600, () => offsetsOf(link).at(-1) === 1024);
  world.cutPower();
  link.statuses.length = 0;
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(Math.min(...offsetsOf(link))).toBe(1024);
});

test("a version that was rolled back is offered again: left alone, also after resets", () => {
  const bench = new DrogueBench();
  const link = new DrogueHttpLink(bench);
  const world = new PullWorld(noServer, { link, defect: "crashes" });
  bench.rollOut(firmwareOf(update));
  world.run(100);
  expect(world.status().version).toBe("1.0.0");
  const asked = offsetsOf(link).length;
  world.cutPower();
  world.run(10_000);
  expect(offsetsOf(link)).toHaveLength(asked);
  expect(world.notesOf("offeredAgain")).toMatchObject([{ failure: "rolledBack" }, {}]);
});

test("nobody answers: the device asks now and then, and runs what it ran", () => {
  const { bench, link, world } = worldOf();
  world.run(3600);
  expect(world.status()).toMatchObject({ version: "1.0.0", isIdle: false });
  expect(world.notesOf("noAnswer")[0]?.detail).toBe("no command came in 4 s");
  expect(link.statuses.length).toBeLessThan(100);
  bench.rollOut(firmwareOf(update));
  world.run(3600);
  expect(world.status().version).toBe("2.0.0");
});

test("credentials that the server does not know", () => {
  const { link, world } = worldOf();
  link.authorization = "Basic eA==";
  world.run(10);
  expect(world.notesOf("denied")[0]).toMatchObject({ cause: "credentials" });
});

describe("the checksum", () => {
  test.each([
    ["none: the signature is enough", new Uint8Array(0), {}, "2.0.0"],
    ["none, but one is needed", new Uint8Array(0), { needsChecksum: true } as const, "1.0.0"],
    ["of other bytes", new Uint8Array(32), {}, "1.0.0"],
    ["of other length", Uint8Array.of(0xde, 0xad), {}, "1.0.0"],
  ])("%s", (_, checksum, config, version) => {
    const { bench, world } = worldOf(undefined, { config });
    bench.rollOut(firmwareOf(update, { checksum }));
    world.run(3600);
    expect(world.status()).toMatchObject({ version, isIdle: true });
    const failures = version === "1.0.0" ? ["checksum", "checksum", "checksum"] : [];
    expect(world.notesOf("refused").map(({ failure }) => failure)).toEqual(failures);
  });
});

describe("a server that errs: what runs goes on running", () => {
  const write = (change: (command: DrogueCommand & { name: "Write" }) => DrogueCommand) =>
    ((_, command, status) =>
      command.name === "Write" && status.update !== undefined
        ? change(command)
        : command) satisfies OnCommand;
  const rows: readonly [string, OnCommand, readonly string[]][] = [
    ["no byte, for ever", write((one) => ({ ...one, data: new Uint8Array(0) })), ["chunks"]],
    ["more than asked for", write((one) => ({ ...one, data: new Uint8Array(300) })), ["chunks"]],
    ["far more", write((one) => ({ ...one, data: new Uint8Array(5000) })), ["chunks"]],
    ["from elsewhere", write((one) => ({ ...one, offset: one.offset + 8 })), ["chunks"]],
    [
      "never an end",
      (_, command, { correlationId, mtu = 8, update: of }) =>
        of === undefined || of.offset < 1024
          ? command
          : {
              name: "Write",
              version: of.version,
              correlationId,
              offset: of.offset,
              data: new Uint8Array(mtu),
            },
      ["chunks"],
    ],
    [
      "an end at once",
      (_, { correlationId, ...command }, { update: of }) =>
        of === undefined
          ? ({ ...command, correlationId } as DrogueCommand)
          : { name: "Swap", version: of.version, correlationId, checksum: new Uint8Array(0) },
      ["chunks"],
    ],
    [
      "an end too early",
      (_, command, { correlationId, update: of }) =>
        of === undefined || of.offset < 512
          ? command
          : { name: "Swap", version: of.version, correlationId, checksum: new Uint8Array(0) },
      ["imageFormat"],
    ],
    [
      "in sync with something else",
      (_, { correlationId }) => ({
        name: "Sync",
        version: Uint8Array.of(0x39),
        correlationId,
        poll: 1,
      }),
      [],
    ],
    ["answers to other questions", (_, command) => ({ ...command, correlationId: 5 }), []],
    [
      "a version that is no text",
      (_, command) =>
        command.name === "Wait" ? command : { ...command, version: Uint8Array.of(0xff) },
      ["offer"],
    ],
  ];

  test.each(rows)("%s", (_, onCommand, failures) => {
    const { bench, world } = worldOf(onCommand);
    bench.rollOut(firmwareOf(update));
    world.run(5 * 3600);
    expect(world.status()).toMatchObject({ version: "1.0.0", boot: { active: 0 } });
    const refused = world.notesOf("refused").map(({ failure }) => failure);
    expect([...new Set(refused)]).toEqual(failures);
    expect(refused.length).toBeLessThanOrEqual(3);
  });

  test("what is no command", () => {
    const { bench, link, world } = worldOf();
    bench.rollOut(firmwareOf(update));
    link.twist = (outcome) =>
      typeof outcome === "string" ? outcome : { ...outcome, body: Uint8Array.of(0xa1, 0x04) };
    world.run(3600);
    expect(world.status().version).toBe("1.0.0");
    expect(world.notesOf("noAnswer")[0]?.detail).toBe("the command is none: an unknown variant");
  });
});

test.each([1, 2, 3, 4])("every third answer is lost, seed %i: it comes through", (seed) => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  const entropy = new KeyedEntropy(seed, 0);
  link.twist = (outcome) => {
    const drawn = entropy.below("fate", 6);
    if (drawn === 0) return "silence";
    return drawn === 1 ? "close" : outcome;
  };
  world.run(3600);
  expect(world.status().version).toBe("2.0.0");
});

test("for a child that names it as its gateway, and for no other", () => {
  const { bench, link, world } = worldOf();
  bench.rollOut(firmwareOf(update));
  const gateways = ["d 1"];
  const child = bench.cloud.registry.addDevice("app1", { name: "c/1", password: "x", gateways });
  bench.cloud.registry.addDevice("app1", { name: "c2", password: "x" });
  link.child = "c/1";
  world.run(600);
  expect(world.status().version).toBe("2.0.0");
  expect(child.status).toMatchObject({ firmware: { current: "2.0.0" } });
  expect(bench.device.status).toEqual({});
  link.child = "c2";
  world.cutPower();
  world.run(10);
  expect(world.notesOf("denied")[0]).toMatchObject({ cause: "credentials" });
});
