import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ask, Offer } from "#agent/pull/dialect.ts";
import type { CoapEvent, PullEffect } from "#agent/pull/events.ts";
import { ThingsBoardCoap, type ThingsBoardCoapOptions } from "#agent/pull/thingsboard-coap.ts";

const TARGET = { type: "target", title: "fw", version: "1.0.0" } as const;

const offer: Offer = {
  title: "fw",
  version: "2.0.0",
  identity: "",
  content: { ok: false, problem: "" },
};
const chunk: Ask = { type: "chunk", offer, index: 3, chunkBytes: 512, expectBytes: 512 };
const report: Ask = {
  type: "report",
  report: { title: "fw", version: "1.0.0", state: "DOWNLOADING", error: "", unixMs: 5 },
};
const text = (value: string) => new TextEncoder().encode(value);

/** A dialect, what it asks for, and answers to it. */
class Bench {
  readonly effects: PullEffect[] = [];
  readonly dialect: ThingsBoardCoap;
  readonly at = 0;

  constructor(options: Partial<ThingsBoardCoapOptions> = {}) {
    const plain = { token: "T", kind: "fw", observes: false, blockBytes: undefined } as const;
    this.dialect = new ThingsBoardCoap({ ...plain, ...options });
  }

  ask(ask: Ask): this {
    this.dialect.ask(ask, this);
    return this;
  }

  requests() {
    return this.effects.flatMap((effect) => (effect.type === "coapRequest" ? [effect] : []));
  }

  answer(code: number, payload: string, isObserved = false, id = this.requests().length) {
    const event: CoapEvent = {
      type: "coapResponse",
      at: 0,
      id,
      code,
      options: [],
      payload: text(payload),
      isObserved,
    };
    return this.dialect.step(event);
  }

  fail(isTooLong = false, id = this.requests().length) {
    return this.dialect.step({ type: "coapFailed", at: 0, id, detail: "why", isTooLong });
  }
}

describe("what is asked for", () => {
  const attributes = { method: "GET", path: ["api", "v1", "T", "attributes"], observes: false };

  test("which package is assigned", () => {
    const [request] = new Bench({ kind: "sw" }).ask(TARGET).requests();
    const keys = "sw_title,sw_version,sw_size,sw_checksum,sw_checksum_algorithm,sw_url,sw_tag";
    expect(request).toMatchObject({ ...attributes, query: [`sharedKeys=${keys}`] });
  });

  test("a chunk: no block, whatever is in the name", () => {
    const odd = { ...offer, title: "a b&c" };
    const [request] = new Bench().ask({ ...chunk, offer: odd }).requests();
    expect(request).toMatchObject({
      method: "GET",
      path: ["fw", "T"],
      query: ["title=a b&c", "version=2.0.0", "size=512", "chunk=3"],
      blockBytes: undefined,
      payloadBytesMax: 512,
    });
  });

  test("a name that no option holds is left out", () => {
    const long = { ...offer, title: "é".repeat(125) };
    expect(new Bench().ask({ ...chunk, offer: long }).requests()[0]?.query).toEqual([
      "version=2.0.0",
      "size=512",
      "chunk=3",
    ]);
  });

  test.each([
    { expectBytes: 7, blockBytes: 64 },
    // The server would never come to their end.
    { expectBytes: 6, blockBytes: undefined },
  ])("in blocks, $expectBytes bytes: $blockBytes", ({ expectBytes, blockBytes }) => {
    const bench = new Bench({ blockBytes: 64 }).ask({ ...chunk, expectBytes });
    expect(bench.requests()[0]?.blockBytes).toBe(blockBytes);
  });

  test("a report is JSON, and says so", () => {
    const [request] = new Bench().ask(report).requests();
    expect(request).toMatchObject({ method: "POST", path: ["api", "v1", "T", "telemetry"] });
    expect(request?.options).toEqual([{ number: 12, value: Uint8Array.of(50) }]);
    expect(JSON.parse(new TextDecoder().decode(request?.payload))).toMatchObject({
      ts: 5,
      values: { fw_state: "DOWNLOADING" },
    });
  });

  test.each([
    { blockBytes: undefined, max: 1024 },
    { blockBytes: 64, max: 1024 * 1024 },
  ] as const)("at most $max bytes with blocks of $blockBytes", ({ blockBytes, max }) => {
    expect(new Bench({ blockBytes }).dialect.chunkBytesMax).toBe(max);
  });
});

describe("what an answer means", () => {
  const target: Ask = TARGET;
  const credentials = { type: "denied", cause: "credentials" };
  const assignment = { type: "denied", cause: "assignment" };
  const failed = { type: "failed" };
  test.each<{ ask: Ask; code: number; payload: string; means: object }>([
    { ask: target, code: 205, payload: "{}", means: { type: "target", offer: undefined } },
    { ask: target, code: 404, payload: "", means: { type: "target", offer: undefined } },
    { ask: target, code: 205, payload: "[]", means: failed },
    { ask: target, code: 205, payload: "", means: failed },
    { ask: target, code: 401, payload: "", means: credentials },
    { ask: target, code: 400, payload: "", means: failed },
    { ask: target, code: 500, payload: "", means: failed },
    { ask: chunk, code: 205, payload: "abc", means: { type: "chunk", bytes: text("abc") } },
    { ask: chunk, code: 205, payload: "", means: { type: "chunk", bytes: text("") } },
    { ask: chunk, code: 400, payload: "", means: assignment },
    { ask: chunk, code: 404, payload: "", means: assignment },
    { ask: chunk, code: 401, payload: "", means: credentials },
    { ask: chunk, code: 402, payload: "", means: failed },
    { ask: chunk, code: 429, payload: "", means: failed },
    { ask: chunk, code: 500, payload: "", means: failed },
    { ask: chunk, code: 302, payload: "", means: failed },
    { ask: report, code: 201, payload: "", means: { type: "reported" } },
    { ask: report, code: 204, payload: "", means: { type: "reported" } },
    { ask: report, code: 401, payload: "", means: credentials },
    { ask: report, code: 500, payload: "", means: failed },
  ])("$ask.type: $code '$payload'", ({ ask, code, payload, means }) => {
    const bench = new Bench().ask(ask);
    expect(bench.answer(code, payload)).toMatchObject(means);
    // Once.
    expect(bench.answer(code, payload)).toBeUndefined();
  });

  test("the codes are as CoAP writes them", () => {
    const answer = new Bench().ask(chunk).answer(503, "");
    expect(answer).toEqual({ type: "failed", detail: "the server answers 5.03" });
  });

  test.each([
    { ask: chunk, isTooLong: true, type: "wrongChunk" },
    { ask: chunk, isTooLong: false, type: "failed" },
    { ask: target, isTooLong: true, type: "failed" },
  ])("no answer to $ask.type, too long: $isTooLong", ({ ask, isTooLong, type }) => {
    expect(new Bench().ask(ask).fail(isTooLong)).toEqual({ type, detail: "why" });
  });

  test("what was given up is cancelled, and means nothing any more", () => {
    const bench = new Bench().ask(chunk);
    bench.dialect.giveUp(bench);
    expect(bench.effects.at(-1)).toEqual({ type: "coapCancel", id: 1 });
    expect(bench.answer(205, "abc")).toBeUndefined();
    expect(bench.ask(chunk).answer(205, "abc", false, 1)).toBeUndefined();
  });
});

describe("observing", () => {
  const change: Ask = { type: "change", seconds: 60 };
  const flat = '{"fw_title":"fw","fw_version":"2.0.0"}';
  const shared = `{"shared":${flat}}`;

  function observing(known = shared): Bench {
    const bench = new Bench({ observes: true }).ask(TARGET);
    bench.answer(205, known);
    return bench.ask(change);
  }

  test("all attributes, once for as long as it goes on", () => {
    const bench = observing();
    expect(bench.requests()[1]).toMatchObject({ observes: true, query: [] });
    expect(bench.ask(change).requests()).toHaveLength(2);
  });

  test.each([
    { what: "the same as was known", payload: flat, means: undefined },
    { what: "another version", payload: flat.replace("2.0", "3.0"), means: { type: "changed" } },
    { what: "nothing", payload: "{}", means: { type: "changed" } },
    { what: "a deletion", payload: '{"deleted":["fw_title"]}', means: { type: "changed" } },
    { what: "something else", payload: "[", means: { type: "changed" } },
  ])("it begins with $what", ({ payload, means }) => {
    expect(observing().answer(205, payload, true)).toEqual(means);
  });

  test("a change in the middle of something else is told, and the answer still comes", () => {
    const bench = observing();
    bench.answer(205, flat, true);
    bench.ask(chunk);
    expect(bench.answer(205, "{}", true, 2)).toEqual({ type: "changed" });
    expect(bench.answer(205, "abc")).toMatchObject({ type: "chunk" });
  });

  test.each([
    { code: 202, means: { type: "failed", detail: expect.stringContaining("2.02") } },
    { code: 205, means: { type: "failed" } },
    { code: 404, means: { type: "failed" } },
    { code: 401, means: { type: "denied", cause: "credentials" } },
  ])("$code ends it: it begins anew", ({ code, means }) => {
    const bench = observing();
    expect(bench.answer(code, flat)).toMatchObject(means);
    expect(bench.ask(change).requests()).toHaveLength(3);
  });

  test("it ends while something else is asked: nothing is said, and it begins anew", () => {
    const bench = observing();
    bench.answer(205, flat, true);
    bench.ask(chunk);
    expect(bench.fail(false, 2)).toBeUndefined();
    bench.answer(205, "abc");
    expect(bench.ask(change).requests().at(-1)).toMatchObject({ observes: true });
  });

  test.each([change, chunk])("an answer to $type that does not come ends it, too", (ask) => {
    const bench = observing();
    bench.answer(205, flat, true);
    bench.ask(ask);
    bench.dialect.giveUp(bench);
    expect(bench.effects).toContainEqual({ type: "coapCancel", id: 2 });
    expect(bench.answer(205, "{}", true, 2)).toBeUndefined();
    expect(bench.ask(change).requests().at(-1)).toMatchObject({ observes: true });
  });
});

test("whatever comes, in whatever order, it answers what is asked at most once", () => {
  const event = fc.oneof(
    fc.record({
      type: fc.constant("coapResponse" as const),
      at: fc.constant(0),
      id: fc.nat(8),
      code: fc.constantFrom(200, 201, 205, 231, 302, 400, 401, 404, 500, 731),
      options: fc.constant([]),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 600 }),
        fc.json().map((json) => text(json)),
        fc.json().map((json) => text(`{"shared":{"fw_title":${json},"fw_version":"1"}}`)),
      ),
      isObserved: fc.boolean(),
    }),
    fc.record({
      type: fc.constant("coapFailed" as const),
      at: fc.constant(0),
      id: fc.nat(8),
      detail: fc.string(),
      isTooLong: fc.boolean(),
    }),
  );
  const asks = fc.constantFrom<Ask>({ type: "target", title: "fw", version: "1" }, chunk, report, {
    type: "change",
    seconds: 60,
  });
  const turn = fc.record({ ask: asks, events: fc.array(event, { maxLength: 6 }) });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 5 }), (turns) => {
      const bench = new Bench({ observes: true });
      for (const { ask, events } of turns) {
        bench.ask(ask);
        const answers = events.map((each) => bench.dialect.step(each));
        const own = answers.filter((answer) => answer && answer.type !== "changed");
        expect(own.length).toBeLessThanOrEqual(1);
        bench.dialect.giveUp(bench);
      }
    }),
  );
});
