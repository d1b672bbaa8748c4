import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeImage } from "#agent/image/make.ts";
import {
  CHECKSUM_BYTES,
  type ChecksumAlgorithm,
  checksumDigest,
  hexOf,
} from "#agent/pull/checksum.ts";
import { parseAttributes } from "#agent/pull/thingsboard.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { crypto, factoryImage, imageOf } from "../test-device.ts";
import { PullWorld, type WorldOptions } from "./pull-world.ts";
import {
  isChunk,
  isReport,
  isTarget,
  type Package,
  ScriptedServer,
  type Twist,
  update,
} from "./scripted-server.ts";

interface Row {
  readonly what: string;
  readonly assigned?: Package;
  readonly twist?: Twist;
  /** Last `fw_error`. */
  readonly error: RegExp;
  /** Chunks that were asked for. */
  readonly chunks?: number;
}

const CHUNKS = Math.ceil(update.length / 256);
const stranger = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(8));
const unsigned = makeImage(new Uint8Array(1500), { version: "2.0.0" }, stranger, crypto);
const attributes = (change: Record<string, unknown>): Package => ({
  bytes: update,
  attributes: change,
});
const answers =
  (body: (honest: Uint8Array) => Uint8Array): Twist =>
  (request, reply) =>
    isChunk(request) && typeof reply !== "string"
      ? { status: 200, body: body(reply.body as Uint8Array) }
      : reply;

const rows: readonly Row[] = [
  {
    what: "another title",
    assigned: { title: "toaster", bytes: update },
    error: /^offer: the package is toaster, this is fw$/,
    chunks: 0,
  },
  {
    what: "a title of control characters",
    assigned: { title: "\u001b[2J", bytes: update },
    error: /^offer: the package is \?\[2J, this is fw$/,
    chunks: 0,
  },
  {
    what: "a version of 255 letters",
    assigned: { version: "é".repeat(100), bytes: update },
    error: /^offer: its version is longer than 160 bytes$/,
    chunks: 0,
  },
  {
    what: "no size",
    assigned: attributes({ size: undefined }),
    error: /^offer: its size/,
    chunks: 0,
  },
  { what: "size 0", assigned: attributes({ size: 0 }), error: /^offer: its size/, chunks: 0 },
  { what: "size -1", assigned: attributes({ size: -1 }), error: /^offer: its size/, chunks: 0 },
  { what: "size 1.5", assigned: attributes({ size: 1.5 }), error: /^offer: its size/, chunks: 0 },
  {
    what: "size as text",
    assigned: attributes({ size: "1500" }),
    error: /^offer: its size/,
    chunks: 0,
  },
  {
    what: "size beyond any bank",
    assigned: attributes({ size: 1e15 }),
    error: /^offer: its size/,
    chunks: 0,
  },
  {
    what: "larger than the bank",
    assigned: attributes({ size: 2049 }),
    error: /^offer: 2049 bytes, the bank has 2048$/,
    chunks: 0,
  },
  {
    what: "a checksum algorithm of tomorrow",
    assigned: attributes({ checksum_algorithm: "SHA3" }),
    error: /^offer: its checksum algorithm/,
    chunks: 0,
  },
  {
    what: "half a checksum",
    assigned: attributes({ checksum: "abcd" }),
    error: /^offer: its SHA256 checksum/,
    chunks: 0,
  },
  {
    what: "no checksum",
    assigned: attributes({ checksum: undefined, checksum_algorithm: undefined }),
    error: /^offer: its checksum algorithm/,
    chunks: 0,
  },
  {
    what: "an algorithm and no checksum",
    assigned: attributes({ checksum: undefined }),
    error: /^offer: its SHA256 checksum/,
    chunks: 0,
  },
  {
    what: "a package at a URL that is none",
    assigned: attributes({ url: "//elsewhere/" }),
    error: /^offer: its URL is no address/,
    chunks: 0,
  },
  {
    what: "the checksum of other bytes",
    assigned: attributes({ checksum: "ab".repeat(32) }),
    error: /^checksum: SHA256 is /,
    chunks: 3 * CHUNKS,
  },
  {
    what: "a bit of the last chunk is wrong",
    twist: answers((honest) => (honest.length < 256 ? honest.map((byte) => byte ^ 1) : honest)),
    error: /^checksum: SHA256 is /,
    chunks: 3 * CHUNKS,
  },
  {
    what: "endless empty chunks",
    twist: answers(() => new Uint8Array(0)),
    error: /^chunks: chunk 0: 0 bytes instead of 256$/,
    chunks: 15,
  },
  {
    what: "chunks without end",
    twist: answers(() => new Uint8Array(100_000)),
    error: /^chunks: chunk 0: more than 256 bytes$/,
    chunks: 15,
  },
  {
    what: "chunks that are always short",
    twist: answers((honest) => honest.subarray(1)),
    error: /^chunks: chunk 0: 255 bytes instead of 256$/,
    chunks: 15,
  },
  {
    what: "the last chunk is longer than is left",
    twist: answers((honest) => Buffer.concat([honest, new Uint8Array(256 - honest.length)])),
    error: /^chunks: chunk \d: 256 bytes instead of \d+$/,
    chunks: 3 * (CHUNKS - 1) + 15,
  },
  {
    what: "no image at all",
    assigned: { bytes: new Uint8Array(700) },
    error: /^imageFormat: /,
    chunks: 3,
  },
  {
    what: "an image of an unknown signer",
    assigned: { bytes: unsigned },
    error: /^signature: /,
    chunks: Math.ceil(unsigned.length / 256),
  },
  {
    what: "an image with a lower security counter",
    assigned: { bytes: imageOf("0.9.0", 0, 400) },
    error: /^downgrade: /,
    chunks: 3,
  },
  {
    what: "an image that claims to be longer than the bank: seen at its first chunk",
    assigned: { bytes: imageOf("2.0.0", 2, 4000).subarray(0, 2000) },
    error: /^imageFormat: /,
    chunks: 1,
  },
];

describe("the image that runs stays, and the server hears why", () => {
  test.each(rows)("$what", ({ assigned, twist, error, chunks }) => {
    const server = new ScriptedServer(assigned);
    if (twist !== undefined) server.twist = twist;
    const world = new PullWorld(server);
    world.run(24 * 3600);
    expect(world.status()).toMatchObject({
      version: "1.0.0",
      offsetBytes: undefined,
      boot: { active: 0, pending: undefined },
    });
    expect(world.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
    expect(world.telemetry().at(-1)).toMatchObject({
      fw_state: "FAILED",
      current_fw_version: "1.0.0",
    });
    expect(world.telemetry().at(-1)?.["fw_error"]).toMatch(error);
    expect(world.lives).toBe(1);
    expect(world.chunks()).toHaveLength(chunks ?? 0);
  });

  test.each(Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[])(
    "a %s that is wrong in its last digit",
    (algorithm) => {
      const digest = checksumDigest(algorithm, crypto);
      digest.update(update);
      const checksum = hexOf(digest.digest()).replace(/.$/, (last) => (last === "0" ? "1" : "0"));
      const named = { checksum_algorithm: algorithm, checksum };
      const world = new PullWorld(new ScriptedServer(attributes(named)));
      world.run(3600);
      expect(world.telemetry().at(-1)?.["fw_error"]).toMatch(`checksum: ${algorithm} is `);
      expect(world.status()).toMatchObject({ version: "1.0.0", boot: { pending: undefined } });
    },
  );

  test.each([
    {
      what: "a bad token",
      twist: (() => ({ status: 401 })) as Twist,
      note: { type: "denied", cause: "credentials" },
    },
    {
      what: "a server that redirects everything",
      twist: (() => ({ status: 301 })) as Twist,
      note: { type: "noAnswer", detail: "the server answers 301" },
    },
    {
      what: "answers without end",
      twist: (() => ({ status: 200, body: "x".repeat(70_000) })) as Twist,
      note: { type: "noAnswer" },
    },
    {
      what: "a package that it offers and does not give",
      twist: ((request, reply) => (isChunk(request) ? { status: 400 } : reply)) as Twist,
      note: { type: "denied", cause: "assignment" },
    },
  ])("$what: it waits, ever longer, and asks again", ({ twist, note }) => {
    const server = new ScriptedServer();
    server.twist = twist;
    const world = new PullWorld(server);
    world.run(24 * 3600);
    expect(world.notes).toContainEqual(expect.objectContaining(note));
    expect(world.status().version).toBe("1.0.0");
    expect(world.requests.length).toBeLessThan(6000);
    server.twist = (_, reply) => reply;
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
  });
});

describe("loops are broken", () => {
  const options: WorldOptions = { defect: "crashes" };

  test("an image that crashes is tried, rolled back, and not taken again", () => {
    const world = new PullWorld(new ScriptedServer(), options);
    world.run(24 * 3600);
    expect(world.status()).toMatchObject({
      version: "1.0.0",
      boot: { active: 0, lastReason: "attemptsExhausted" },
    });
    expect(world.chunks()).toHaveLength(CHUNKS);
    expect(world.telemetry().at(-1)).toMatchObject({ fw_state: "FAILED", fw_error: "rolledBack" });
    expect(world.notesOf("offeredAgain")).toHaveLength(1);
  });

  test("neither after a reset, nor when another one failed in between; but when it was taken away", () => {
    const server = new ScriptedServer();
    const world = new PullWorld(server, options);
    world.run(3600);
    world.cutPower();
    world.run(3600);
    expect(world.chunks()).toHaveLength(CHUNKS);
    server.assigned = { title: "toaster", bytes: update };
    world.run(3600);
    server.assigned = { bytes: update };
    world.run(3600);
    expect(world.chunks()).toHaveLength(CHUNKS);
    server.assigned = undefined;
    world.run(600);
    server.assigned = { bytes: update };
    world.run(3600);
    expect(world.chunks()).toHaveLength(2 * CHUNKS);
  });

  test("a package that failed three times is left alone, also after a reset", () => {
    const world = new PullWorld(new ScriptedServer(attributes({ checksum: "ab".repeat(32) })));
    world.run(3600);
    world.cutPower();
    world.run(3600);
    expect(world.chunks()).toHaveLength(3 * CHUNKS);
  });

  test("power fails before anybody has heard why: it is told then", () => {
    const server = new ScriptedServer(attributes({ checksum: "ab".repeat(32) }));
    server.twist = (request, reply) => (isReport(request) ? { status: 500 } : reply);
    const world = new PullWorld(server);
    world.run(3600);
    world.cutPower();
    server.twist = (_, reply) => reply;
    const before = world.telemetry().length;
    world.run(60);
    expect(world.telemetry().slice(before)).toMatchObject([
      { current_fw_version: "1.0.0" },
      { fw_state: "FAILED", fw_error: "checksum" },
    ]);
  });

  test("after a roll-back, what runs has the name of its own package", () => {
    const changing: { defect?: "crashes" } = {};
    const server = new ScriptedServer({ version: "release-7", bytes: update });
    const world = new PullWorld(server, changing);
    world.run(600);
    changing.defect = "crashes";
    server.assigned = { version: "3.0.0", bytes: imageOf("3.0.0", 3, 400) };
    world.run(3600);
    expect(world.notesOf("refused")).toMatchObject([{ failure: "rolledBack" }]);
    expect(world.status().version).toBe("release-7");
    const asked = world.chunks().length;
    server.assigned = { version: "release-7", bytes: update };
    world.run(3600);
    expect(world.chunks()).toHaveLength(asked);
  });

  test("ever new packages that fail: the last four are remembered, and the next good one is taken", () => {
    const server = new ScriptedServer();
    const world = new PullWorld(server);
    const refused = () => world.notesOf("refused").length;
    const offer = (version: string) => {
      server.assigned = { title: "toaster", version, bytes: update };
      world.run(600);
    };
    const versions = Array.from({ length: 200 }, (_, at) => `0.0.${at}`);
    for (const version of versions) offer(version);
    for (const version of versions.slice(-4)) offer(version);
    expect(refused()).toBe(200);
    offer("0.0.195");
    expect(refused()).toBe(201);
    server.assigned = { bytes: update };
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
  });

  test("other bytes under the same name are another package", () => {
    const server = new ScriptedServer(attributes({ checksum: "ab".repeat(32) }));
    const world = new PullWorld(server);
    world.run(24 * 3600);
    server.assigned = { bytes: update };
    world.run(600);
    expect(world.status().version).toBe("2.0.0");
  });

  test("an image whose own version differs is taken once", () => {
    const server = new ScriptedServer({ version: "release-7", bytes: update });
    const world = new PullWorld(server);
    world.run(3600);
    world.cutPower();
    world.run(3600);
    expect(world.chunks()).toHaveLength(CHUNKS);
    expect(world.notesOf("otherVersion")).toEqual([
      { type: "otherVersion", image: "2.0.0", package: "release-7" },
    ]);
    expect(world.telemetry().at(-1)).toMatchObject({ current_fw_version: "release-7" });
  });

  test("the image that runs, under one name after another, is not booted again", () => {
    const server = new ScriptedServer();
    const world = new PullWorld(server);
    world.run(600);
    const { lives } = world;
    for (const version of ["two", "three"]) {
      server.assigned = { version, bytes: update };
      world.run(3600);
      expect(world.status().version).toBe(version);
      expect(world.states().at(-1)).toBe("UPDATED");
    }
    world.cutPower();
    world.run(3600);
    expect(world.status().version).toBe("three");
    expect(world.lives).toBe(lives + 1);
    expect(world.chunks()).toHaveLength(3 * CHUNKS);
  });

  test("the factory image's version is assigned: nothing to do", () => {
    const world = new PullWorld(new ScriptedServer({ version: "1.0.0", bytes: factoryImage }));
    world.run(3600);
    expect(world.chunks()).toEqual([]);
    expect(world.states()).toEqual([undefined]);
  });
});

describe("attributes from anywhere", () => {
  test("no bytes make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => void parseAttributes(body, "fw")),
    );
  });

  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("SHA256", "fw", "ab".repeat(32)),
  );
  test("no values make it throw, or give a size that is none", () => {
    const key = fc.constantFrom(
      "title",
      "version",
      "size",
      "checksum",
      "checksum_algorithm",
      "url",
    );
    fc.assert(
      fc.property(fc.dictionary(key, value), (shared) => {
        const named = Object.entries(shared).map(([name, each]) => [`fw_${name}`, each]);
        const body = new TextEncoder().encode(
          JSON.stringify({ shared: Object.fromEntries(named) }),
        );
        const parsed = parseAttributes(body, "fw");
        if (!parsed.ok || parsed.offer?.content.ok !== true) return;
        expect(parsed.offer.content.sizeBytes).toBeGreaterThan(0);
      }),
    );
  });

  test("a letter that is none makes them none, and not another name", () => {
    const body = new TextEncoder().encode('{"shared":{"fw_title":"?","fw_version":"9"}}');
    body[body.indexOf("?".charCodeAt(0))] = 0xff;
    expect(parseAttributes(body, "fw")).toMatchObject({ ok: false });
  });

  test("what an object inherits is not there", () => {
    const body = '{"__proto__":{"shared":{"fw_title":"fw","fw_version":"9"}}}';
    expect(parseAttributes(new TextEncoder().encode(body), "fw")).toEqual({
      ok: true,
      offer: undefined,
    });
  });
});

test("the table would notice an update", () => {
  const world = new PullWorld(new ScriptedServer());
  world.run(600);
  expect(world.requests.some(isTarget)).toBe(true);
  expect(world.status().version).toBe("2.0.0");
});
