import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CoapBlock, CoapHeard } from "#sim/server/thingsboard/coap-exchange.ts";
import { CHUNK_FAULTS } from "#sim/server/thingsboard/faults.ts";
import { CoapBench } from "./coap-bench.ts";
import { packageOf, StandIn } from "./stand-in.ts";

const big = Uint8Array.from({ length: 2500 }, (_, at) => at);
const none = new Uint8Array(0);

function benchOf(data = big, options: ConstructorParameters<typeof CoapBench>[1] = {}) {
  const standIn = new StandIn();
  standIn.server.assignToDevice(standIn.device, "fw", packageOf({ data }));
  standIn.wait(1);
  return { standIn, bench: new CoapBench(standIn, options) };
}

const block = (num: number, sizeBytes: CoapBlock["sizeBytes"] = 1024): CoapBlock => ({
  num,
  more: false,
  sizeBytes,
});

describe("what a request is answered", () => {
  const fw = ["fw", "T"];
  const api = (feature: string) => ["api", "v1", "T", feature];
  test.each<{ what: string; heard: Partial<CoapHeard>; says: string }>([
    {
      what: "a chunk",
      heard: { path: fw, query: ["size=1000", "chunk=1"] },
      says: "2.05 1000 bytes",
    },
    {
      what: "its end",
      heard: { path: fw, query: ["size=1000", "chunk=2"] },
      says: "2.05 500 bytes",
    },
    {
      what: "the whole, if no size is said",
      heard: { path: fw, query: ["chunk=7"] },
      says: "2.05 1024 bytes block 0 of 1024, more size 2500",
    },
    { what: "another title", heard: { path: fw, query: ["title=x"] }, says: "4.00" },
    { what: "another version", heard: { path: fw, query: ["version=1"] }, says: "4.00" },
    { what: "a size that is no number", heard: { path: fw, query: ["size=x"] }, says: "5.00" },
    { what: "a chunk below 0", heard: { path: fw, query: ["size=9", "chunk=-1"] }, says: "5.00" },
    {
      what: "an offset beyond 2^31",
      heard: { path: fw, query: ["size=1024", "chunk=2147483647"] },
      says: "5.00",
    },
    { what: "software, of which there is none", heard: { path: ["sw", "T"] }, says: "4.04" },
    { what: "POST", heard: { code: 2, path: fw }, says: "4.05" },
    { what: "an unknown token", heard: { path: ["fw", "X"] }, says: "4.01" },
    { what: "no token", heard: { path: ["fw"] }, says: "4.01" },
    { what: "a path that goes on", heard: { path: ["fw", "T", "0"] }, says: "4.01" },
    {
      what: "attributes of an unknown token",
      heard: { path: ["api", "v1", "X", "attributes"] },
      says: "4.01",
    },
    {
      what: "some attributes",
      heard: { path: api("attributes"), query: ["sharedKeys=fw_title,fw_size"] },
      says: "2.05 43 bytes",
    },
    {
      what: "attributes that do not exist",
      heard: { path: api("attributes"), query: ["sharedKeys=x"] },
      says: "4.04",
    },
    // Documented, and not there.
    { what: "firmware under the device", heard: { path: api("firmware") }, says: "4.00" },
    { what: "another feature", heard: { path: api("x") }, says: "4.00" },
    { what: "nothing that is there", heard: { path: ["x"] }, says: "4.04" },
    { what: "an option nobody knows", heard: { path: fw, isUnderstood: false }, says: "4.02" },
  ])("$what: $says", ({ heard, says }) => {
    const { said } = benchOf().bench.hear(heard);
    expect(said.map((text) => text.replace(/^(con|ack) ?/, "")).join("")).toBe(says);
  });

  test.each([
    { feature: "telemetry", body: '{"a":1}', says: "con 2.01" },
    { feature: "telemetry", body: '{"ts":5,"values":{"a":1}}', says: "con 2.01" },
    { feature: "attributes", body: '{"a":1}', says: "con 2.01" },
    { feature: "telemetry", body: '{"a":', says: "con 4.00" },
    { feature: "telemetry", body: "", says: "con 4.00" },
  ])("$feature '$body'", ({ feature, body, says }) => {
    const { bench, standIn } = benchOf();
    expect(bench.post(feature, body).said).toEqual(["ack", says]);
    if (says === "con 2.01" && feature === "telemetry") expect(standIn.telemetry("a")).toBe(1);
  });

  test("too many requests", () => {
    const rateLimit = { requests: 2, seconds: 60 };
    const { said } = benchOf(big, { rateLimit }).bench.chunk(9, 0).chunk(9, 1).chunk(9, 2);
    expect(said.filter((text) => text !== "ack").at(-1)).toBe("con 5.00");
  });

  test.each([
    { kind: "empty", says: ["ack", "con 2.05"] },
    { kind: "short", says: ["ack", "con 2.05 99 bytes"] },
    { kind: "long", says: ["ack", "con 2.05 101 bytes"] },
    { kind: "flipped", says: ["ack", "con 2.05 100 bytes"] },
    { kind: "redirect", says: ["ack", "con 3.02"] },
    { kind: "error", says: ["ack", "con 5.00"] },
    { kind: "close", says: ["rst"] },
    { kind: "silence", says: ["ack"] },
  ] as const)("chunks that are $kind", ({ kind, says }) => {
    expect(CHUNK_FAULTS).toHaveProperty(kind);
    expect(benchOf(big, { faults: [{ kind }] }).bench.chunk(100, 0).said).toEqual(says);
  });
});

describe("messages", () => {
  test("an answer is sent again until it is acknowledged", () => {
    const { bench, standIn } = benchOf();
    bench.chunk(100, 0);
    standIn.wait(3);
    standIn.wait(6);
    expect(bench.said).toEqual(["ack", ...Array(3).fill("con 2.05 100 bytes")]);
    expect(new Set(bench.messages.slice(1).map(({ messageId }) => messageId)).size).toBe(1);
    bench.settle();
    standIn.wait(1000);
    expect(bench.said).toHaveLength(4);
  });

  test("and five times in all", () => {
    const { bench, standIn } = benchOf();
    bench.chunk(100, 0);
    standIn.wait(1000);
    expect(bench.said).toHaveLength(6);
  });

  test("a request that comes again is acknowledged again, and not done again", () => {
    const { bench, standIn } = benchOf();
    const messageId = 7;
    bench.post("telemetry", '{"a":1}', { messageId });
    bench.post("telemetry", '{"a":2}', { messageId });
    expect(bench.said).toEqual(["ack", "con 2.01", "ack"]);
    expect(standIn.telemetry("a")).toBe(1);
    standIn.wait(300);
    expect(bench.post("telemetry", '{"a":2}', { messageId }).said.at(-1)).toBe("con 2.01");
  });

  test("what wants no acknowledgement gets none", () => {
    const { bench, standIn } = benchOf();
    bench.hear({ type: "non", path: ["fw", "T"], query: ["size=100"] });
    standIn.wait(1000);
    expect(bench.said).toEqual(["non 2.05 100 bytes"]);
  });

  test.each([
    { what: "a ping", heard: { code: 0, token: "" }, says: ["rst"] },
    { what: "an answer to nothing", heard: { code: 205 }, says: ["rst"] },
    { what: "one without acknowledgement", heard: { type: "non", code: 205 }, says: [] },
    { what: "an acknowledgement of nothing", heard: { type: "ack", code: 0 }, says: [] },
  ] as const)("$what", ({ heard, says }) => {
    expect(benchOf().bench.hear(heard).said).toEqual(says);
  });
});

describe("blocks", () => {
  test("the first apart, the others on their acknowledgements", () => {
    const { bench } = benchOf();
    bench.chunk(2500, 0).chunk(2500, 0, block(1)).chunk(2500, 0, block(2));
    expect(bench.said).toEqual([
      "ack",
      "con 2.05 1024 bytes block 0 of 1024, more size 2500",
      "ack 2.05 1024 bytes block 1 of 1024, more",
      "ack 2.05 452 bytes block 2 of 1024",
    ]);
    const bytes = bench.messages.flatMap(({ payload }) => [...payload]);
    expect(Uint8Array.from(bytes)).toEqual(big);
  });

  test("of a body that ends with a block, that one is the last", () => {
    const { bench } = benchOf(big.subarray(0, 2048));
    bench.chunk(2048, 0).chunk(2048, 0, block(1));
    expect(bench.said.at(-1)).toBe("ack 2.05 1024 bytes block 1 of 1024");
  });

  test("after the last one, the server knows nothing of the transfer: silence", () => {
    const { bench } = benchOf();
    bench.chunk(2500, 0);
    for (const num of [1, 2, 1]) bench.chunk(2500, 0, block(num));
    expect(bench.said.at(-1)).toBe("ack");
  });

  test("nor does it of one that another client, or the same from another port, has begun", () => {
    const { bench } = benchOf();
    const query = ["title=fw", "version=2.0.0", "size=2500", "chunk=0"];
    bench.chunk(2500, 0).hear({ path: ["fw", "T"], query, block2: block(1) }, "client 2");
    expect(bench.said.at(-1)).toBe("to client 2: ack");
  });

  test("after five minutes, too", () => {
    const { bench, standIn } = benchOf();
    bench.chunk(2500, 0).settle();
    standIn.wait(301);
    bench.said.length = 0;
    expect(bench.chunk(2500, 0, block(1)).said).toEqual(["ack"]);
  });

  test("a body that fits comes under whatever number", () => {
    expect(benchOf().bench.chunk(60, 0, block(5, 64)).said).toEqual([
      "ack 2.05 60 bytes block 5 of 64",
    ]);
  });

  test("beyond the end of a transfer", () => {
    expect(benchOf().bench.chunk(2500, 0).chunk(2500, 0, block(9)).said.at(-1)).toBe("ack 4.02");
  });

  test("a request in blocks", () => {
    const { bench, standIn } = benchOf();
    const text = JSON.stringify({ a: "x".repeat(100) });
    const part = (num: number, more: boolean) =>
      bench.post("telemetry", text.slice(num * 64, (num + 1) * 64), {
        block1: { num, more, sizeBytes: 64 },
      });
    part(0, true);
    part(1, false);
    expect(bench.said).toEqual(["ack 2.31", "ack", "con 2.01"]);
    expect(standIn.telemetry("a")).toBe("x".repeat(100));
    expect(part(1, false).said.at(-1)).toBe("ack 4.08");
  });

  test("a request without an end", () => {
    const { bench } = benchOf();
    for (let num = 0; num <= 64; num++) {
      bench.post("telemetry", "x".repeat(1024), { block1: { num, more: true, sizeBytes: 1024 } });
    }
    expect(bench.said.slice(-2)).toEqual(["ack 2.31", "ack 4.13"]);
  });
});

describe("what is observed", () => {
  test("all attributes at first, then what changes", () => {
    const { bench, standIn } = benchOf();
    bench.attributes(0).settle();
    standIn.server.assignToDevice(standIn.device, "fw", packageOf({ id: "2", version: "3.0.0" }));
    standIn.wait(1);
    expect(bench.said.filter((text) => text.endsWith("observed"))).toHaveLength(3);
    const sequences = bench.messages.flatMap(({ observe }) => observe ?? []);
    expect(sequences.every((one, at) => at === 0 || one > (sequences[at - 1] ?? 0))).toBe(true);
    expect(sequences).toHaveLength(3);
    expect(bench.payloads.map((text) => JSON.parse(text))).toContainEqual({
      deleted: ["fw_tag", "fw_url"],
    });
  });

  test.each([
    { what: "rejected", end: (bench: CoapBench) => bench.settle("rst") },
    { what: "taken back", end: (bench: CoapBench) => bench.attributes(1) },
  ])("$what: nothing more comes", ({ end }) => {
    const { bench, standIn } = benchOf();
    bench.attributes(0).settle();
    standIn.server.assignToDevice(standIn.device, "fw", undefined);
    end(bench);
    bench.said.length = 0;
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(1);
    expect(bench.said).toEqual([]);
    expect(standIn.device.listeners.size).toBe(0);
  });

  test("nobody hears it any more: it ends", () => {
    const { bench, standIn } = benchOf();
    bench.attributes(0).settle();
    standIn.server.assignToDevice(standIn.device, "fw", undefined);
    standIn.wait(1000);
    expect(standIn.device.listeners.size).toBe(0);
  });

  test("a later observer ends the one before, who is told", () => {
    const { bench, standIn } = benchOf();
    bench.attributes(0).settle().attributes(0, "bb");
    expect(bench.said).toContain("con 2.02");
    expect(standIn.device.listeners.size).toBe(1);
  });

  test("observed again with the same token: one observer, told once", () => {
    const { bench, standIn } = benchOf();
    bench.attributes(0).settle().attributes(0);
    expect(bench.said).not.toContain("con 2.02");
    expect(standIn.device.listeners.size).toBe(1);
  });
});

test("whatever is said, it answers or says nothing, and serves the next one", () => {
  const word = fc.constantFrom(
    "fw",
    "sw",
    "T",
    "X",
    "api",
    "v1",
    "attributes",
    "telemetry",
    "",
    "é",
  );
  const sizes = fc.constantFrom<CoapBlock["sizeBytes"]>(16, 64, 1024);
  const anyBlock = fc.option(
    fc.record({ num: fc.nat(0xfffff), more: fc.boolean(), sizeBytes: sizes }),
    { nil: undefined },
  );
  const heard = fc.record({
    type: fc.constantFrom("con" as const, "non" as const, "ack" as const, "rst" as const),
    code: fc.constantFrom(0, 1, 2, 3, 4, 5, 31, 205, 731),
    messageId: fc.nat(5),
    token: fc.constantFrom("", "aa", "bb"),
    path: fc.array(word, { maxLength: 5 }),
    query: fc.array(fc.oneof(fc.string(), fc.constantFrom("size=5", "chunk=1", "size=", "chunk"))),
    observe: fc.option(fc.nat(3), { nil: undefined }),
    block2: anyBlock,
    block1: anyBlock,
    isUnderstood: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 20 }),
  });
  fc.assert(
    fc.property(fc.array(heard, { maxLength: 12 }), (all) => {
      const { bench, standIn } = benchOf();
      for (const each of all) bench.endpoint.receive("client 9", each);
      standIn.wait(1000);
      bench.said.length = 0;
      expect(
        bench.hear({ type: "non", path: ["fw", "T"], query: ["size=5"], payload: none }).said,
      ).toEqual(["non 2.05 5 bytes"]);
    }),
    { numRuns: 300 },
  );
});
