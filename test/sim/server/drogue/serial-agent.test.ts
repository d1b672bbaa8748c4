import { describe, expect, test } from "vitest";
import { type DrogueCommand, drogueCommand } from "#agent/pull/drogue.wire.ts";
import { drogueFrame } from "#agent/pull/drogue-frame.ts";
import { encodePostcard } from "#agent/wire/postcard.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { PullWorld, type WorldOptions } from "../../../agent/pull/pull-world.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { factoryImage, imageOf } from "../../../agent/test-device.ts";
import { DrogueBench, firmwareOf, noServer } from "./drogue-bench.ts";
import { DrogueSerialLine } from "./serial-line.ts";

/* Our device on a serial line, and a host that does what drgdfu does. */

interface Options {
  readonly streams?: boolean;
  readonly config?: NonNullable<WorldOptions["config"]>;
  readonly without?: "checksum";
}

function lineOf({ streams = true, config = {}, without }: Options = {}) {
  const bench = new DrogueBench();
  const line = new DrogueSerialLine(bench, streams);
  const link = line;
  const world = new PullWorld(noServer, { link, config: { chunkBytes: 968, ...config } });
  bench.rollOut(firmwareOf(update, without ? { checksum: new Uint8Array(0) } : {}));
  const isIn = () => world.device?.status().version === "2.0.0" && world.status().isIdle;
  return { bench, line, world, isIn };
}

const framed = (command: DrogueCommand) =>
  drogueFrame(encodePostcard(drogueCommand, command)) ?? new Uint8Array(0);
const utf8 = (text: string) => new TextEncoder().encode(text);
const none = undefined;

function expectUpdated({ bench, world }: ReturnType<typeof lineOf>): void {
  expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false });
  expect(world.bank(1).subarray(0, update.length)).toEqual(update);
  expect(world.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
  expect(bench.device.status).toMatchObject({ firmware: { current: "2.0.0" } });
}

describe("a host that streams, as drgdfu does", () => {
  test("an update: the device speaks when the host listens, and at no other time", () => {
    const rig = lineOf();
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
    expect(rig.line.statuses).toEqual([
      { version: "1.0.0", offset: none },
      { version: "2.0.0", offset: none },
    ]);
    // Two Writes, Swap, Sync.
    expect(rig.line.frames).toBe(4);
    expect(rig.world.notesOf("noAnswer")).toEqual([]);
  });

  test.each([1, 7, 1023, 1025, 5000])("in parts of %i bytes", (partBytes) => {
    const rig = lineOf();
    rig.line.partBytes = partBytes;
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
    expect(rig.line.frames).toBe(4);
  });

  test.each([8, 256, 960, 1024, 2048])(
    "chunks of %i bytes, whatever a frame holds",
    (chunkBytes) => {
      const rig = lineOf({ config: { chunkBytes }, without: "checksum" });
      rig.line.run(rig.world, 60, rig.isIn);
      expectUpdated(rig);
      expect(rig.line.frames).toBe(4);
    },
  );

  test.each([
    ["the first Write", 0],
    ["the second", 1],
    ["Swap", 2],
    ["Sync", 3],
  ])("%s is lost: what is missing is asked for when the host listens again", (_, lost) => {
    const rig = lineOf();
    rig.line.toDevice = (frame, index) => (index === lost ? new Uint8Array(0) : frame);
    rig.line.run(rig.world, 600, rig.isIn);
    expectUpdated(rig);
  });

  test.each([
    ["the last bytes", 1, (frame: Uint8Array) => frame.subarray(0, 0)],
    ["a bit of the header", 0, (frame: Uint8Array) => frame.with(14, 1)],
    ["a bit of the content", 0, (frame: Uint8Array) => frame.with(400, 1)],
    ["a bit of the signature", 1, (frame: Uint8Array) => frame.with(700, 1)],
  ])("%s, without a checksum: the image is not believed, and fetched again", (_, bad, spoil) => {
    const rig = lineOf({ without: "checksum" });
    rig.line.toDevice = (frame, index) => (index === bad ? spoil(frame) : frame);
    rig.line.run(rig.world, 600, rig.isIn);
    expect(rig.world.notesOf("refused").map(({ failure }) => failure)).toEqual(["checksum"]);
    expectUpdated(rig);
  });

  test("an image that is none: three downloads, and no more", () => {
    const rig = lineOf({ without: "checksum" });
    rig.bench.rollOut(firmwareOf(new Uint8Array(1500).fill(7)));
    rig.line.run(rig.world, 3600);
    expect(rig.world.notesOf("refused")).toHaveLength(3);
    expect(rig.world.status()).toMatchObject({ version: "1.0.0", isIdle: true });
  });

  test("what the device says first is lost: it says it again", () => {
    const rig = lineOf();
    rig.line.toHost = (frame, index) => (index === 0 ? new Uint8Array(0) : frame);
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
  });

  test("power fails within the stream, at each moment: it comes through", () => {
    for (let moment = 1; moment < 60; moment++) {
      const rig = lineOf();
      rig.line.run(rig.world, moment * 0.05);
      rig.world.cutPower();
      rig.line.run(rig.world, 120, rig.isIn);
      expectUpdated(rig);
    }
  });

  test("another version from the middle on: nothing of the first is left", () => {
    const rig = lineOf();
    rig.bench.rollOut(firmwareOf(imageOf("3.0.0", 2, 1400), { version: "3.0.0" }));
    rig.line.run(rig.world, 60, () => rig.line.frames === 1);
    rig.bench.rollOut(firmwareOf(update));
    rig.line.run(rig.world, 600, rig.isIn);
    expectUpdated(rig);
  });

  test("another device on the same line: what the host remembers of the first one is put right", () => {
    const rig = lineOf();
    const long = imageOf("2.0.0", 2, 1850);
    rig.bench.rollOut(firmwareOf(long));
    rig.line.toDevice = (frame, index) => (index === 1 ? new Uint8Array(0) : frame);
    const isToldWhere = () => rig.line.statuses.at(-1)?.offset === 968;
    rig.line.run(rig.world, 600, isToldWhere);
    expect(isToldWhere()).toBe(true);
    const world = new PullWorld(noServer, { link: rig.line, config: { chunkBytes: 968 } });
    rig.line.run(world, 600, () => world.device?.status().version === "2.0.0");
    rig.line.run(world, 10);
    expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: false });
    expect(world.bank(1).subarray(0, long.length)).toEqual(long);
  });

  test("nothing to do: it asks now and then", () => {
    const rig = lineOf();
    rig.bench.rollOut(firmwareOf(update, { version: "1.0.0" }));
    rig.line.run(rig.world, 1000);
    expect(rig.line.statuses).toHaveLength(4);
    expect(rig.world.status()).toMatchObject({ version: "1.0.0", isIdle: true });
  });
});

describe("a host that answers each status", () => {
  test("an update: a status for each piece", () => {
    const rig = lineOf({ streams: false });
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
    expect(rig.line.statuses.map(({ offset }) => offset)).toEqual([
      none,
      0,
      968,
      update.length,
      none,
    ]);
  });

  test("in parts of a byte", () => {
    const rig = lineOf({ streams: false });
    rig.line.partBytes = 1;
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
  });

  test("power fails between two pieces: it goes on where the flash is", () => {
    const rig = lineOf({ streams: false });
    rig.line.run(rig.world, 60, () => rig.line.statuses.length === 3);
    rig.world.cutPower();
    rig.line.run(rig.world, 60, rig.isIn);
    expectUpdated(rig);
    expect(rig.line.statuses.slice(3).map(({ offset }) => offset)).toEqual([
      none,
      968,
      update.length,
      none,
    ]);
  });
});

describe.each([true, false])("a noisy line, host streams: %s", (streams) => {
  test.each([1, 2, 3, 4, 5, 6])(
    "bytes lost, added and changed, seed %i: it comes through",
    (seed) => {
      const rig = lineOf({ streams });
      const entropy = new KeyedEntropy(seed, 0);
      const spoil = (frame: Uint8Array) => {
        const fate = entropy.below("fate", 6);
        const at = entropy.below("at", frame.length);
        if (fate === 0) return Uint8Array.of(...frame.subarray(0, at), ...frame.subarray(at + 9));
        if (fate === 1) return Uint8Array.of(...utf8("boot\r\n"), ...frame);
        // In the version, where it is seen at once.
        if (fate === 2) return frame.with(1, 0xff);
        return frame;
      };
      rig.line.toDevice = spoil;
      rig.line.toHost = (frame) => {
        const spoilt = spoil(frame);
        // A version that is another one is believed.
        return spoilt.length === frame.length ? frame : spoilt;
      };
      rig.line.run(rig.world, 3600, rig.isIn);
      expectUpdated(rig);
    },
  );
});

describe("what is no update: what runs goes on running", () => {
  const hello = { name: "Write", version: utf8("2.0.0"), correlationId: none } as const;
  const rows: readonly [string, Uint8Array, string][] = [
    ["frames of nothing", new Uint8Array(1024), "booted"],
    ["frames of 0xff", new Uint8Array(1024).fill(0xff), "noAnswer"],
    ["text", utf8("login: ".repeat(147)).subarray(0, 1024), "noAnswer"],
    ["Swap, again and again", framed({ ...hello, name: "Swap", checksum: utf8("") }), "noAnswer"],
    ["empty Writes", framed({ ...hello, offset: 0, data: utf8("") }), "refused"],
    ["Writes from nowhere", framed({ ...hello, offset: 9999, data: utf8("x") }), "downloading"],
    [
      "the first piece for ever",
      framed({ ...hello, offset: 0, data: update.subarray(0, 900) }),
      "downloading",
    ],
    ["no image", framed({ ...hello, offset: 0, data: new Uint8Array(968) }), "downloading"],
    ["Sync of another version", framed({ ...hello, name: "Sync", poll: none }), "noAnswer"],
    [
      "a version that is no text",
      framed({ ...hello, version: Uint8Array.of(0xff), offset: 0, data: utf8("x") }),
      "refused",
    ],
    [
      "what runs already",
      framed({ ...hello, version: utf8("1.0.0"), offset: 0, data: utf8("x") }),
      "booted",
    ],
  ];

  test.each(rows)("%s", (_, frame, notes) => {
    const rig = lineOf();
    rig.line.host = null;
    for (let second = 0; second < 600; second++) {
      rig.line.run(rig.world, 1);
      rig.line.give(frame);
    }
    expect(rig.world.status()).toMatchObject({ version: "1.0.0", boot: { active: 0 } });
    expect(rig.world.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
    expect(rig.world.notes.some(({ type }) => new RegExp(`^(${notes})$`).test(type))).toBe(true);
    expect(rig.line.statuses.length).toBeLessThan(100);
  });

  test("the line is gone: said, and tried again", () => {
    const rig = lineOf();
    rig.line.host = null;
    rig.line.run(rig.world, 1);
    rig.line.unplug("/dev/ttyUSB0 is gone: was it unplugged?");
    rig.line.run(rig.world, 10);
    expect(rig.world.notesOf("noAnswer")[0]?.detail).toBe(
      "/dev/ttyUSB0 is gone: was it unplugged?",
    );
    expect(rig.line.statuses.length).toBeGreaterThan(1);
  });
});
