import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Offer } from "#agent/pull/dialect.ts";
import {
  callIdOf,
  documentedChunk,
  documentedKeys,
  documentedMessages,
  parseDocumentedOffer,
} from "#agent/pull/documented.ts";
import { DOCUMENTED_ERRORS } from "#agent/pull/documented.wire.ts";
import type { FailureCause } from "#agent/pull/failure.ts";
import { bytesOf, chunkOf, failed, first, progress, sized, unsized } from "./documented-bench.ts";

const SHA = "ab".repeat(32);
const parse = (value: unknown, kind: "fw" | "sw" = "fw") =>
  parseDocumentedOffer(bytesOf(value), kind, "own");
const content = (change: Partial<Extract<Offer["content"], { ok: true }>> = {}) => {
  return { ok: true, sizeBytes: undefined, checksum: undefined, ...change };
};
const sha256 = { algorithm: "SHA256", hex: SHA } as const;

describe("the package in an answer", () => {
  const complete = {
    fw_title: "fw",
    fw_version: "2.0.0",
    fw_size: 1500,
    fw_checksum: SHA,
    fw_checksum_algorithm: "SHA256",
  };
  const offered = {
    title: "fw",
    version: "2.0.0",
    content: content({ sizeBytes: 1500, checksum: sha256 }),
  };

  test.each([
    { what: "the complete set", says: { shared: complete }, is: offered },
    { what: "without shared around it", says: complete, is: offered },
    {
      what: "the names of the entity",
      says: {
        title: "fw",
        version: "2.0.0",
        size: 1500,
        checksum: SHA,
        checksumAlgorithm: "SHA256",
      },
      is: offered,
    },
    {
      what: "the target's names: without title, size and algorithm",
      says: { shared: { targetFwVersion: "2.0.0", targetFwChecksum: SHA.toUpperCase() } },
      is: { title: "own", version: "2.0.0", content: content({ checksum: sha256 }) },
    },
    {
      what: "the target's go first",
      says: { ...complete, targetFwVersion: "3.0.0", targetFwUrl: "http://files/a" },
      is: {
        title: "fw",
        version: "3.0.0",
        content: content({ sizeBytes: 1500, checksum: sha256, url: "http://files/a" }),
      },
    },
    { what: "nulls are not there", says: { ...complete, targetFwVersion: null }, is: offered },
    {
      what: "a version and nothing else",
      says: { fw_version: "2" },
      is: { title: "own", version: "2", content: content() },
    },
    {
      what: "a CRC-32 as it is printed elsewhere",
      says: { fw_version: "2", fw_checksum: "cbf43926" },
      is: {
        title: "own",
        version: "2",
        content: content({ checksum: { algorithm: "CRC32", hex: "2639f4cb" } }),
      },
    },
  ])("$what", ({ says, is }) => {
    const parsed = parse(says);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.offer).toEqual({ ...is, identity: expect.any(String) });
  });

  test.each([{}, { shared: {} }, { client: { fw_version: "1" } }, { shared: { fw_title: "fw" } }])(
    "none in %j",
    (says) => expect(parse(says)).toEqual({ ok: true, offer: undefined }),
  );

  test("none of its target's names is software's", () => {
    expect(parse({ targetFwVersion: "2", fw_version: "2" }, "sw")).toEqual({
      ok: true,
      offer: undefined,
    });
  });

  test.each([
    {
      what: "a size of text",
      says: { fw_version: "2", fw_size: "9" },
      problem: /^its size is not/,
    },
    { what: "a size of 0", says: { fw_version: "2", fw_size: 0 }, problem: /^its size is not/ },
    { what: "a size of 1e15", says: { fw_version: "2", fw_size: 1e15 }, problem: /^its size is/ },
    {
      what: "a checksum of no algorithm's length",
      says: { fw_version: "2", fw_checksum: "abcd" },
      problem: /^its checksum algorithm is unknown$/,
    },
    {
      what: "an algorithm that is ThingsBoard's only",
      says: { fw_version: "2", fw_checksum: "01020304", fw_checksum_algorithm: "MURMUR3_32" },
      problem: /^its checksum algorithm is unknown$/,
    },
    {
      what: "a checksum that is a list",
      says: { fw_version: "2", fw_checksum: ["ab"], fw_checksum_algorithm: "MD5" },
      problem: /^its MD5 checksum is not 32 hexadecimal digits$/,
    },
    {
      what: "a URL that is none",
      says: { fw_version: "2", targetFwUrl: "javascript:0" },
      problem: /^its URL is no address/,
    },
  ])("$what: it cannot be downloaded", ({ says, problem }) => {
    const parsed = parse(says);
    const of = parsed.ok ? parsed.offer?.content : undefined;
    expect(of).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  test.each(["", "[]", "null", "7", '"fw_version"', '{"fw_version":', "\u00ff{}"])(
    "no object: %j",
    (says) =>
      expect(parse(says)).toEqual({ ok: false, problem: "a package that is no JSON object" }),
  );

  test.each([
    { fw_version: "" },
    { fw_version: "x".repeat(256) },
    { fw_version: {} },
    { fw_version: "2", fw_title: 7 },
    { fw_version: "2", fw_title: "" },
  ])("no names: %j", (says) =>
    expect(parse(says)).toEqual({ ok: false, problem: "a title or version that is no name" }),
  );

  test("nothing is taken from what an object inherits", () => {
    expect(parse('{"__proto__":{"fw_version":"6.6.6"}}')).toEqual({ ok: true, offer: undefined });
  });

  test("whatever comes, it is a value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(typeof parse(text).ok).toBe("boolean");
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(typeof parseDocumentedOffer(bytes, "sw", "own").ok).toBe("boolean");
      }),
    );
  });

  test("the names to ask for", () => {
    expect(documentedKeys("fw")).toBe(
      "targetFwVersion,targetFwChecksum,targetFwUrl," +
        "fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm,fw_url",
    );
    expect(documentedKeys("sw")).toBe(
      "sw_title,sw_version,sw_size,sw_checksum,sw_checksum_algorithm,sw_url",
    );
  });
});

describe("what is said of a report", () => {
  const saidOf = (ask: typeof first, kind: "fw" | "sw" = "fw") =>
    ask.type === "report" && documentedMessages(ask.report, kind);

  test("what runs: client attributes", () => {
    expect(saidOf(first)).toEqual([
      { to: "attributes", body: '{"fw_title":"fw","fw_version":"1.0.0"}' },
    ]);
  });

  test("progress: telemetry", () => {
    expect(saidOf(progress, "sw")).toEqual([{ to: "telemetry", body: '{"sw_progress":40}' }]);
  });

  test("a state: both, the code here and the reason there", () => {
    expect(saidOf(failed)).toEqual([
      {
        to: "attributes",
        body: '{"fw_title":"fw","fw_version":"1.0.0","fw_state":"FAILED","fw_error":"CHECKSUM_MISMATCH"}',
      },
      { to: "telemetry", body: '{"fw_state":"FAILED","fw_error":"checksum: it is not"}' },
    ]);
  });

  test.each<{ cause: FailureCause; code: string }>([
    { cause: "checksum", code: "CHECKSUM_MISMATCH" },
    { cause: "chunks", code: "NETWORK_ERROR" },
    { cause: "tooLarge", code: "INSUFFICIENT_STORAGE" },
    { cause: "storage", code: "INSUFFICIENT_STORAGE" },
    { cause: "imageFormat", code: "INVALID_PACKAGE" },
    { cause: "signature", code: "INVALID_PACKAGE" },
    { cause: "offer", code: "INVALID_PACKAGE" },
    { cause: "rolledBack", code: "INSTALLATION_FAILED" },
  ])("$cause is $code", ({ cause, code }) => expect(DOCUMENTED_ERRORS[cause]).toBe(code));
});

describe("bytes of a chunk", () => {
  const bytes = (length: number) => new Uint8Array(length);
  test.each([
    { what: "of known size: the core counts", offer: sized, length: 0, type: "chunk" },
    { what: "of unknown size, whole", offer: unsized, length: 256, type: "chunk" },
    { what: "of unknown size, short", offer: unsized, length: 255, type: "lastChunk" },
    { what: "of unknown size, empty", offer: unsized, length: 0, type: "lastChunk" },
    { what: "of unknown size, long: the core counts", offer: unsized, length: 257, type: "chunk" },
    { what: "said to be last", offer: unsized, length: 256, isLast: true, type: "lastChunk" },
    {
      what: "short, and said not to be last",
      offer: unsized,
      length: 9,
      isLast: false,
      type: "chunk",
    },
  ])("$what", ({ offer, length, isLast, type }) => {
    expect(documentedChunk(chunkOf(offer), bytes(length), isLast).type).toBe(type);
  });
});

test("short, and yet more than the bank has room for: the core counts", () => {
  const ask = { ...chunkOf(unsized), expectBytes: 100 };
  expect(documentedChunk(ask, new Uint8Array(101)).type).toBe("chunk");
  expect(documentedChunk(ask, new Uint8Array(100)).type).toBe("lastChunk");
});

test.each([
  { says: '{"id":7,"method":"x","params":{}}', id: 7 },
  { says: '{"id":0}', id: 0 },
  { says: '{"id":-1}', id: undefined },
  { says: '{"id":1.5}', id: undefined },
  { says: '{"id":"1"}', id: undefined },
  { says: '{"id":1e300}', id: undefined },
  { says: "{}", id: undefined },
  { says: "", id: undefined },
])("the call $says", ({ says, id }) => expect(callIdOf(bytesOf(says))).toBe(id));
