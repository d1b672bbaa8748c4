import { describe, expect, test } from "vitest";
import { ThingsBoardMqtt } from "#agent/pull/thingsboard-mqtt.ts";
import {
  bytesOf,
  CHANGE,
  chunkOf,
  DialectBench,
  first,
  sized,
  TARGET,
} from "./documented-bench.ts";

type Bench = DialectBench<ThingsBoardMqtt>;

/** With a connection that stands. */
function connected(kind: "fw" | "sw" = "fw"): Bench {
  const bench = new DialectBench(new ThingsBoardMqtt(kind)).ask(CHANGE);
  bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
  bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
  bench.take();
  return bench;
}

function message(bench: Bench, topic: string, payload: string | Uint8Array = "{}") {
  const bytes = typeof payload === "string" ? bytesOf(payload) : payload;
  return bench.dialect.step({ type: "mqttMessage", at: 0, topic, payload: bytes }, bench);
}

const published = (bench: Bench) =>
  bench.take().map((effect) => {
    return effect.type === "mqttPublish" ? `${effect.topic} ${effect.payload}` : effect.type;
  });

const ATTRIBUTES = "v1/devices/me/attributes/response";
const wholeChunk = new Uint8Array(256);

describe("only the answer to what is asked is one", () => {
  test("attributes of an earlier request are not those of this one", () => {
    const bench = connected().ask(TARGET);
    expect(published(bench)[0]).toMatch(/request\/1 /);
    bench.ask(TARGET);
    expect(published(bench)[0]).toMatch(/request\/2 /);
    expect(message(bench, `${ATTRIBUTES}/1`)).toBeUndefined();
    expect(message(bench, `${ATTRIBUTES}/22`)).toBeUndefined();
    expect(message(bench, `${ATTRIBUTES}/2`)).toEqual({ type: "target", offer: undefined });
    // Once.
    expect(message(bench, `${ATTRIBUTES}/2`)).toBeUndefined();
  });

  test.each([
    { what: "that chunk", topic: "v2/fw/response/1/chunk/3", is: "chunk" },
    { what: "the one before, late", topic: "v2/fw/response/1/chunk/2", is: undefined },
    {
      what: "one of a number that begins alike",
      topic: "v2/fw/response/1/chunk/33",
      is: undefined,
    },
    { what: "one of another request", topic: "v2/fw/response/9/chunk/3", is: undefined },
    { what: "one of software", topic: "v2/sw/response/1/chunk/3", is: undefined },
    { what: "attributes", topic: `${ATTRIBUTES}/1`, is: undefined },
  ])("a chunk: $what", ({ topic, is }) => {
    const bench = connected().ask(chunkOf(sized));
    expect(published(bench)).toEqual(["v2/fw/request/1/chunk/3 256"]);
    const said = message(bench, topic, wholeChunk);
    expect(typeof said === "object" ? said.type : said).toBe(is);
  });

  test("another package has another request id, and the next chunk of one the same", () => {
    const bench = connected();
    const other = { ...sized, identity: "other bytes" };
    const asks = [chunkOf(sized, 0), chunkOf(sized, 1), chunkOf(other, 0), chunkOf(sized, 2)];
    const topics = asks.flatMap((ask) => published(bench.ask(ask)));
    expect(topics).toEqual(
      ["1/chunk/0", "1/chunk/1", "2/chunk/0", "3/chunk/2"].map((end) => `v2/fw/request/${end} 256`),
    );
  });

  test("late acknowledgements of one report are not the next one's", () => {
    const bench = connected().ask(first);
    const [effect] = bench.take();
    const id = effect?.type === "mqttPublish" ? effect.id : 0;
    bench.ask(first);
    expect(bench.dialect.step({ type: "mqttPublished", at: 0, id }, bench)).toBeUndefined();
    const own = { type: "mqttPublished", at: 0, id: id + 1 } as const;
    expect(bench.dialect.step(own, bench)).toEqual({ type: "reported" });
  });

  test("what comes while nothing is asked is no answer", () => {
    const bench = connected().ask(chunkOf(sized));
    message(bench, "v2/fw/response/1/chunk/3", wholeChunk);
    expect(message(bench, "v2/fw/response/1/chunk/3", wholeChunk)).toBeUndefined();
  });
});

describe("what the server says instead of a chunk", () => {
  test.each([
    { text: "NOT_FOUND", is: { type: "denied", cause: "assignment" } },
    { text: "FAILURE", is: { type: "denied", cause: "assignment" } },
    { text: "PAYLOAD_TOO_LARGE", is: { type: "failed" } },
    {
      text: "\u001b[2J\u0007",
      is: { type: "failed", detail: "the server answers ?[2J?" },
    },
    { text: "x".repeat(500), is: { detail: `the server answers ${"x".repeat(60)}` } },
  ])("$text", ({ text, is }) => {
    for (const kind of ["fw", "sw"] as const) {
      // Of software, too, it comes on the firmware's topic.
      expect(message(connected(kind).ask(chunkOf(sized)), "v2/fw/error", text)).toMatchObject(is);
    }
  });
});

describe("a connection", () => {
  test("that owes an answer is closed, and a new one opened", () => {
    const bench = connected().ask(TARGET);
    bench.take();
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([{ type: "mqttClose" }]);
    expect(message(bench, `${ATTRIBUTES}/1`)).toBeUndefined();
    expect(bench.ask(TARGET).take()).toEqual([{ type: "mqttConnect" }]);
  });

  test("on which nothing was told is kept: nothing has changed", () => {
    const bench = connected().ask(CHANGE);
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([]);
    expect(published(bench.ask(TARGET))[0]).toMatch(/^v1\/devices\/me\/attributes\/request/);
  });

  test("that is new may have missed a change", () => {
    const bench = new DialectBench(new ThingsBoardMqtt("fw")).ask(CHANGE);
    bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
    const said = bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
    expect(said).toEqual({ type: "changed" });
  });

  test.each([
    { isUnknown: true, is: { type: "denied", cause: "credentials", detail: "why" } },
    { isUnknown: false, is: { type: "failed", detail: "why" } },
  ])("that ends, unknown: $isUnknown", ({ isUnknown, is }) => {
    const bench = connected().ask(TARGET);
    const closed = { type: "mqttClosed", at: 0, detail: "why", isUnknown } as const;
    expect(bench.dialect.step(closed, bench)).toEqual(is);
    expect(bench.dialect.step(closed, bench)).toBeUndefined();
  });

  test("in the next one, a package has another request id", () => {
    const bench = connected().ask(chunkOf(sized));
    const closed = { type: "mqttClosed", at: 0, detail: "", isUnknown: false } as const;
    bench.dialect.step(closed, bench);
    bench.ask(chunkOf(sized));
    bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
    bench.take();
    bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
    expect(published(bench)).toEqual(["v2/fw/request/2/chunk/3 256"]);
  });
});
