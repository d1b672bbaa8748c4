import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDownload, decodeImage, encodeDownload, encodeImage } from "#agent/pull/codec.ts";
import { PULL_FAILURES } from "#agent/pull/failure.ts";
import { PullMemory } from "#agent/pull/memory.ts";
import { newPullState, type PullState } from "#agent/pull/state.ts";
import { NorFlash } from "#sim/flash/nor.ts";
import { geometryFor, imageOf, layout, S } from "../test-device.ts";
import { PullWorld } from "./pull-world.ts";
import { ScriptedServer } from "./scripted-server.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const failure = fc.constantFrom(...PULL_FAILURES);
const download = fc.record({
  offerId: bytes(16),
  sizeBytes: fc.integer({ min: 0x100_0000 - 9, max: 0x100_0000 }),
  updateId: fc.nat(),
  offsetBytes: fc.integer({ min: 0, max: 0x100_0000 - 9 }),
  sectorInSpare: fc.option(fc.nat(), { nil: undefined }),
});
const image = fc.record({
  hash: bytes(32),
  offerId: bytes(16),
  version: fc.string({ maxLength: 40, unit: "grapheme" }),
  isAwaited: fc.boolean(),
});
const option = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const failed = fc.uniqueArray(
  fc.record({ offerId: bytes(16), failure, tries: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 4, selector: ({ offerId }) => offerId.join() },
);
const states: fc.Arbitrary<PullState> = fc.record({
  download: option(download),
  images: fc.tuple(option(image), option(image)),
  untold: fc.option(fc.oneof(fc.constant("updated" as const), failure), { nil: undefined }),
  failed,
});

function persistAll(memory: PullMemory): void {
  memory.persist("download");
  memory.persist("offset");
  memory.persistSpare();
  memory.persist("untold");
  memory.persistImage(0);
  memory.persistImage(1);
  memory.persist("failures");
}

function loaded(flash: NorFlash): PullState {
  const state = newPullState();
  new PullMemory(flash, layout.journal, state).load();
  return state;
}

describe("what is persisted is there after a reset", () => {
  test.each([1, 8, 32])("granule %i, through many snapshots", (granuleBytes) => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 3 }), (each) => {
        const flash = new NorFlash(geometryFor(granuleBytes));
        const live = newPullState();
        const memory = new PullMemory(flash, layout.journal, live);
        memory.load();
        for (const state of each) {
          Object.assign(live, structuredClone(state));
          for (let times = 0; times < 25; times++) persistAll(memory);
          expect(loaded(flash)).toEqual(state);
        }
        expect(memory.isSick).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});

describe("records that are not whole", () => {
  const record = {
    offerId: new Uint8Array(16),
    sizeBytes: 1000,
    updateId: 7,
    offsetBytes: 0,
    sectorInSpare: undefined,
  };
  const whole = encodeDownload(record);

  test("a download survives its own length alone", () => {
    for (let length = 0; length < whole.length; length++) {
      expect(decodeDownload(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeDownload(whole)).toEqual(record);
    expect(decodeDownload(encodeDownload({ ...record, sizeBytes: 0 }))).toBeUndefined();
    expect(decodeDownload(encodeDownload({ ...record, sizeBytes: 2 ** 31 }))).toBeUndefined();
  });

  test("an image needs hash and package", () => {
    const bytesOf = encodeImage({
      hash: new Uint8Array(32),
      offerId: new Uint8Array(16),
      version: "1",
      isAwaited: true,
    });
    for (let length = 0; length < 48; length++) {
      expect(decodeImage(bytesOf.subarray(0, length), true)).toBeUndefined();
    }
    expect(decodeImage(bytesOf, true)?.version).toBe("1");
  });
});

describe("flash that does not take it", () => {
  const [, bank] = layout.banks;
  test.each([
    {
      what: "one program of the bank fails",
      fail: (flash: NorFlash) => flash.failNext("program", 1, bank),
      is: "UPDATED",
    },
    {
      what: "one erase of the bank fails",
      fail: (flash: NorFlash) => flash.failNext("erase", 1, bank),
      is: "UPDATED",
    },
    {
      what: "no erase of the bank succeeds",
      fail: (flash: NorFlash) => flash.failNext("erase", 1e6, bank),
      is: "FAILED",
    },
    {
      what: "no program of the bank succeeds",
      fail: (flash: NorFlash) => flash.failNext("program", 1e6, bank),
      is: "FAILED",
    },
    {
      what: "no boot record can be written",
      fail: (flash: NorFlash) => {
        for (const region of layout.state) flash.failNext("program", 1e6, region);
      },
      is: "FAILED",
    },
    {
      what: "no journal can be written",
      fail: (flash: NorFlash) => flash.failNext("program", 1e6, layout.journal),
      is: "FAILED",
    },
  ])("$what: $is", ({ fail, is }) => {
    const world = new PullWorld(new ScriptedServer());
    fail(world.flash);
    world.run(7200);
    expect(world.states().at(-1)).toBe(is);
    expect(world.status().version).toBe(is === "UPDATED" ? "2.0.0" : "1.0.0");
    expect(world.now).toBe(7200 * S);
  });
});

test("a trial that cannot be confirmed yet takes no other package up", () => {
  const server = new ScriptedServer();
  const world = new PullWorld(server);
  world.run(60, () => world.lives === 2);
  for (const region of layout.state) world.flash.failNext("program", 1e6, region);
  server.assigned = { version: "3.0.0", bytes: imageOf("3.0.0", 3, 400) };
  const chunks = world.chunks().length;
  world.run(300);
  expect(world.status()).toMatchObject({ version: "2.0.0", isTrial: true });
  expect(world.chunks()).toHaveLength(chunks);
  expect(world.states()).not.toContain("FAILED");
});

test("what was given up is not taken up again, although the boot record could not say so", () => {
  /** The last chunk comes spoilt, once, and just then the boot record fails so often. */
  function givenUp(failures: number): PullWorld {
    const server = new ScriptedServer();
    server.twist = (request, reply, count) =>
      request.path.endsWith("chunk=6") && count === 0 && typeof reply !== "string"
        ? { status: 200, body: Uint8Array.from(reply.body as Uint8Array, (byte) => byte ^ 1) }
        : reply;
    const world = new PullWorld(server);
    world.run(60, () => world.chunks().includes(6));
    for (const region of layout.state) world.flash.failNext("program", failures, region);
    world.run(60, () => world.notesOf("refused").length === 1);
    return world;
  }
  const failures = Array.from({ length: 40 }, (_, at) => 10 * at);
  const enough = failures.find((each) => givenUp(each).status().boot.lastReason !== "abandoned");
  const world = givenUp(enough ?? 0);
  expect(world.status().boot.lastReason).toBe("none");
  world.cutPower();
  world.run(3600);
  expect(world.chunks()).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6]);
  expect(world.notesOf("refused")).toHaveLength(1);
  expect(world.states().at(-1)).toBe("UPDATED");
});

test("a trial that could not be counted is told as failed, and does not run later", () => {
  /** The boot record fails so often while the bootloader counts the trial. */
  function uncounted(failures: number) {
    const server = new ScriptedServer();
    const world = new PullWorld(server);
    world.run(60, () => world.lives === 1 && world.device === undefined);
    for (const region of layout.state) world.flash.failNext("program", failures, region);
    server.assigned = undefined;
    world.run(60);
    return world;
  }
  const failures = Array.from({ length: 40 }, (_, at) => 10 * at);
  const enough = failures.find((each) => uncounted(each).status().version === "1.0.0");
  const world = uncounted(enough ?? 0);
  expect(world.telemetry().at(-1)).toMatchObject({ fw_state: "FAILED" });
  expect(world.telemetry().at(-1)?.["fw_error"]).toMatch(/^storage/);
  expect(world.status().boot).toMatchObject({ pending: undefined, lastReason: "abandoned" });
  world.cutPower();
  world.run(600);
  expect(world.status().version).toBe("1.0.0");
});
