import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DocumentedCoap } from "#agent/pull/documented-coap.ts";
import { DocumentedHttp } from "#agent/pull/documented-http.ts";
import { DocumentedMqtt } from "#agent/pull/documented-mqtt.ts";
import type { PullEffect } from "#agent/pull/events.ts";
import {
  bytesOf,
  CHANGE,
  chunkOf,
  DialectBench,
  failed,
  first,
  progress,
  sized,
  TARGET,
  unsized,
} from "./documented-bench.ts";

const ATTRIBUTES = '{"fw_title":"fw","fw_version":"1.0.0"}';
const CODE =
  '{"fw_title":"fw","fw_version":"1.0.0","fw_state":"FAILED","fw_error":"CHECKSUM_MISMATCH"}';
const REASON = '{"fw_state":"FAILED","fw_error":"checksum: it is not"}';
const KEYS =
  "targetFwVersion,targetFwChecksum,targetFwUrl," +
  "fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm,fw_url";
const offer = { fw_title: "fw", fw_version: "2.0.0" };

describe("HTTP", () => {
  const newBench = (kind: "fw" | "sw" = "fw") =>
    new DialectBench(new DocumentedHttp({ token: "T 1", kind, longPolls: true }));
  const line = (effect: PullEffect | undefined) =>
    effect?.type === "httpRequest"
      ? `${effect.method} ${effect.path}${effect.body === undefined ? "" : ` ${effect.body}`}`
      : effect?.type;
  const lines = (bench: ReturnType<typeof newBench>) => bench.take().map(line);
  const answer = (
    bench: ReturnType<typeof newBench>,
    id: number,
    status: number,
    body: unknown = "",
    headers = {},
  ) =>
    bench.dialect.step(
      { type: "httpResponse", at: 0, id, status, headers, body: bytesOf(body) },
      bench,
    );

  test.each([
    { what: "target", ask: TARGET, says: `GET /api/v1/T%201/attributes?sharedKeys=${KEYS}` },
    {
      what: "chunk",
      ask: chunkOf({ ...sized, title: "a&b" }),
      says: "GET /api/v1/T%201/firmware?title=a%26b&version=2.0.0&chunk=3&size=256",
    },
    { what: "what runs", ask: first, says: `POST /api/v1/T%201/attributes ${ATTRIBUTES}` },
    { what: "progress", ask: progress, says: 'POST /api/v1/T%201/telemetry {"fw_progress":40}' },
  ])("asks: $what", ({ ask, says }) => expect(lines(newBench().ask(ask))).toEqual([says]));

  test("software", () => {
    expect(lines(newBench("sw").ask(chunkOf(sized)))[0]).toContain("/software?title=fw");
  });

  test("a state goes to both places, and is told when both have it", () => {
    const bench = newBench().ask(failed);
    expect(lines(bench)).toEqual([`POST /api/v1/T%201/attributes ${CODE}`]);
    expect(answer(bench, 1, 200)).toBe("reached");
    expect(lines(bench)).toEqual([`POST /api/v1/T%201/telemetry ${REASON}`]);
    expect(answer(bench, 2, 204)).toEqual({ type: "reported" });
  });

  test.each([
    { what: "its own", headers: { "x-chunk-index": "3", "x-chunks-count": "6" }, is: "chunk" },
    { what: "none", headers: {}, is: "chunk" },
    { what: "another chunk's", headers: { "x-chunk-index": "2" }, is: "the server calls it 2" },
    { what: "no number", headers: { "x-chunk-index": "\u001b3" }, is: "the server calls it ?3" },
    { what: "too many", headers: { "x-chunks-count": "7" }, is: "the server counts 7 chunks" },
    { what: "too few", headers: { "x-chunks-count": "3" }, is: "the server counts 3 chunks" },
    { what: "no count", headers: { "x-chunks-count": "six" }, is: "the server counts six chunks" },
  ])("headers of a chunk: $what", ({ headers, is }) => {
    const bench = newBench().ask(chunkOf(sized));
    const said = answer(bench, 1, 200, "x".repeat(256), headers);
    expect(said).toMatchObject(is === "chunk" ? { type: is } : { type: "wrongChunk", detail: is });
  });

  test.each([
    { count: "4", type: "lastChunk" },
    { count: "5", type: "chunk" },
    { count: "3", type: "wrongChunk" },
    { count: "-4", type: "wrongChunk" },
  ])("of unknown size, the fourth chunk of $count", ({ count, type }) => {
    const bench = newBench().ask(chunkOf(unsized));
    const said = answer(bench, 1, 200, "x".repeat(256), { "x-chunks-count": count });
    expect(said).toMatchObject({ type });
  });

  test.each([
    { ask: TARGET, status: 401, is: { type: "denied", cause: "credentials" } },
    { ask: chunkOf(sized), status: 404, is: { type: "denied", cause: "assignment" } },
    { ask: chunkOf(sized), status: 400, is: { type: "denied", cause: "assignment" } },
    { ask: chunkOf(sized), status: 429, is: { type: "failed", detail: "the server answers 429" } },
    { ask: TARGET, status: 500, is: { type: "failed", detail: "the server answers 500" } },
    { ask: failed, status: 500, is: { type: "failed" } },
    { ask: CHANGE, status: 408, is: { type: "changed" } },
    { ask: CHANGE, status: 404, is: { type: "failed" } },
  ])("$ask.type: $status", ({ ask, status, is }) => {
    expect(answer(newBench().ask(ask), 1, status)).toMatchObject(is);
  });

  test("waits for attributes and for calls in turn, and answers a call, whatever comes of that", () => {
    const bench = newBench().ask(CHANGE);
    expect(lines(bench)).toEqual(["GET /api/v1/T%201/attributes/updates?timeout=25000"]);
    // An attribute of that name is no call.
    expect(answer(bench, 1, 200, { id: 7 })).toEqual({ type: "changed" });
    expect(lines(bench.ask(CHANGE))).toEqual(["GET /api/v1/T%201/rpc?timeout=25000"]);
    expect(answer(bench, 2, 200, { id: 7, method: "x", params: {} })).toBe("reached");
    expect(lines(bench)).toEqual(["POST /api/v1/T%201/rpc/7 {}"]);
    expect(answer(bench, 3, 200, { id: 7 })).toEqual({ type: "changed" });
    expect(lines(bench)).toEqual([]);
  });

  test("a call is answered, although the answer of the one before never came to its end", () => {
    const bench = newBench().ask(CHANGE).ask(CHANGE);
    expect(answer(bench, 2, 200, { id: 7 })).toBe("reached");
    bench.dialect.giveUp(bench);
    bench.ask(CHANGE).ask(CHANGE).take();
    expect(answer(bench, 5, 200, { id: 8 })).toBe("reached");
    expect(lines(bench)).toEqual(["POST /api/v1/T%201/rpc/8 {}"]);
  });

  test("what was given up is cancelled, and means nothing any more", () => {
    const bench = newBench().ask(failed);
    answer(bench, 1, 200);
    bench.take();
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([{ type: "httpCancel", id: 2 }]);
    expect(answer(bench, 2, 200)).toBeUndefined();
  });
});

describe("MQTT", () => {
  const connected = () => {
    const bench = new DialectBench(new DocumentedMqtt("fw")).ask(CHANGE);
    bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
    bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
    return bench;
  };
  const published = (bench: ReturnType<typeof connected>) =>
    bench.take().map((effect) => {
      return effect.type === "mqttPublish" ? `${effect.topic} ${effect.payload}` : effect.type;
    });
  const message = (bench: ReturnType<typeof connected>, topic: string, payload: unknown) =>
    bench.dialect.step({ type: "mqttMessage", at: 0, topic, payload: bytesOf(payload) }, bench);

  test("subscribes to attributes, chunks and calls, and to no errors", () => {
    const [connect, subscribe] = connected().take();
    expect(connect).toEqual({ type: "mqttConnect" });
    const own = ["attributes", "attributes/response/+"].map((name) => `v1/devices/me/${name}`);
    const filters = [...own, "v2/fw/response/+/chunk/+", "v1/devices/me/rpc/request/+"];
    expect(subscribe).toEqual({ type: "mqttSubscribe", filters });
  });

  test.each([
    {
      ask: TARGET,
      says: [`v1/devices/me/attributes/request/1 {"sharedKeys":"${KEYS}"}`],
    },
    { ask: chunkOf(sized), says: ['v2/fw/request/1/chunk/3 {"chunkSize":256}'] },
    { ask: first, says: [`v1/devices/me/attributes ${ATTRIBUTES}`] },
    { ask: progress, says: ['v1/devices/me/telemetry {"fw_progress":40}'] },
    {
      ask: failed,
      says: [`v1/devices/me/attributes ${CODE}`, `v1/devices/me/telemetry ${REASON}`],
    },
  ])("asks: $ask.type", ({ ask, says }) => {
    const bench = connected();
    bench.take();
    expect(published(bench.ask(ask))).toEqual(says);
  });

  test("a state is told when both messages are acknowledged", () => {
    const bench = connected().ask(failed);
    expect(bench.dialect.step({ type: "mqttPublished", at: 0, id: 1 }, bench)).toBeUndefined();
    const told = bench.dialect.step({ type: "mqttPublished", at: 0, id: 2 }, bench);
    expect(told).toEqual({ type: "reported" });
  });

  test("a call is answered in the middle of something else, whose answer still comes", () => {
    const bench = connected().ask(TARGET);
    bench.take();
    expect(message(bench, "v1/devices/me/rpc/request/9", "?")).toEqual({ type: "changed" });
    expect(published(bench)).toEqual(["v1/devices/me/rpc/response/9 {}"]);
    expect(message(bench, "v1/devices/me/attributes/response/1", offer)).toMatchObject({
      type: "target",
      offer: { version: "2.0.0" },
    });
    expect(message(bench, "v1/devices/me/rpc/request/x", "")).toBeUndefined();
  });

  test("another request id after a chunk of another length", () => {
    const bench = connected().ask(chunkOf(sized));
    expect(message(bench, "v2/fw/response/1/chunk/2", "late")).toBeUndefined();
    expect(message(bench, "v2/fw/response/1/chunk/3", "short")).toMatchObject({ type: "chunk" });
    bench.take();
    expect(published(bench.ask(chunkOf(sized)))[0]).toContain("v2/fw/request/2/chunk/3");
  });

  test("and in another connection", () => {
    const bench = connected().ask(chunkOf(sized));
    const detail = "the connection was closed";
    bench.dialect.step({ type: "mqttClosed", at: 0, detail, isUnknown: false }, bench);
    bench.ask(chunkOf(sized));
    bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
    bench.take();
    bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
    expect(published(bench)[0]).toContain("v2/fw/request/2/chunk/3");
  });
});

describe("CoAP", () => {
  const newBench = (observes = false) =>
    new DialectBench(
      new DocumentedCoap({ token: "T", kind: "fw", observes, blockBytes: undefined }),
    );
  const lines = (bench: ReturnType<typeof newBench>) =>
    bench.take().map((effect) => {
      if (effect.type !== "coapRequest") return `${effect.type} ${"id" in effect ? effect.id : ""}`;
      const { method, path, query, observes, payload = new Uint8Array(0) } = effect;
      const words = [method, path.join("/"), ...query, new TextDecoder().decode(payload)];
      return [...words, observes ? "observing" : ""].filter((word) => word !== "").join(" ");
    });
  const answer = (
    bench: ReturnType<typeof newBench>,
    id: number,
    code: number,
    body: unknown = "",
    isObserved = false,
  ) => {
    const payload = bytesOf(body);
    const event = { type: "coapResponse", at: 0, id, code, options: [], payload, isObserved };
    return bench.dialect.step({ ...event, type: "coapResponse" }, bench);
  };

  test.each([
    { ask: TARGET, says: "GET api/v1/T/firmware" },
    {
      ask: chunkOf({ ...sized, title: "a&b" }),
      says: "GET api/v1/T/firmware/chunk title=a&b version=2.0.0 chunk=3 size=256",
    },
    {
      ask: chunkOf({ ...sized, title: "x".repeat(250) }),
      says: "GET api/v1/T/firmware/chunk version=2.0.0 chunk=3 size=256",
    },
    { ask: first, says: `POST api/v1/T/attributes ${ATTRIBUTES}` },
    { ask: progress, says: 'POST api/v1/T/telemetry {"fw_progress":40}' },
  ])("asks: $ask.type", ({ ask, says }) => expect(lines(newBench().ask(ask))).toEqual([says]));

  test("a state goes to both places, and is told when both have it", () => {
    const bench = newBench().ask(failed);
    bench.take();
    expect(answer(bench, 1, 201)).toBe("reached");
    expect(lines(bench)).toEqual([`POST api/v1/T/telemetry ${REASON}`]);
    expect(answer(bench, 1, 201)).toBeUndefined();
    expect(answer(bench, 2, 201)).toEqual({ type: "reported" });
  });

  test.each([
    { ask: TARGET, code: 205, body: "{}", is: { type: "target", offer: undefined } },
    { ask: TARGET, code: 404, body: "", is: { type: "target", offer: undefined } },
    { ask: TARGET, code: 205, body: "[]", is: { type: "failed" } },
    { ask: TARGET, code: 401, body: "", is: { type: "denied", cause: "credentials" } },
    { ask: chunkOf(sized), code: 404, body: "", is: { type: "denied", cause: "assignment" } },
    { ask: chunkOf(sized), code: 500, body: "", is: { detail: "the server answers 5.00" } },
    { ask: first, code: 400, body: "", is: { detail: "the server answers 4.00" } },
  ])("$ask.type: $code $body", ({ ask, code, body, is }) => {
    expect(answer(newBench().ask(ask), 1, code, body)).toMatchObject(is);
  });

  test("observes attributes and calls, and answers a call", () => {
    const bench = newBench(true).ask(CHANGE);
    const both = ["GET api/v1/T/attributes observing", "GET api/v1/T/rpc observing"];
    expect(lines(bench)).toEqual(both);
    expect(answer(bench, 2, 205, "", true)).toBeUndefined();
    expect(answer(bench, 2, 205, { id: 4 }, true)).toEqual({ type: "changed" });
    expect(lines(bench)).toEqual(["POST api/v1/T/rpc/4 {}"]);
    bench.ask(CHANGE);
    expect(lines(bench)).toEqual([]);
    expect(answer(bench, 1, 205, { shared: offer }, true)).toEqual({ type: "changed" });
  });

  test("attributes as they were known to be are no change", () => {
    const bench = newBench(true).ask(TARGET);
    answer(bench, 1, 205, offer);
    bench.ask(CHANGE);
    expect(answer(bench, 2, 205, { shared: offer }, true)).toBeUndefined();
    expect(answer(bench, 2, 205, { fw_version: "3" }, true)).toEqual({ type: "changed" });
  });

  test("one of the two is enough; without both, or without a token, it says so", () => {
    const bench = newBench(true).ask(CHANGE);
    expect(answer(bench, 2, 404)).toBeUndefined();
    const detail = "the server does not let itself be observed (4.05)";
    expect(answer(bench, 1, 405)).toEqual({ type: "failed", detail });
    expect(answer(newBench(true).ask(CHANGE), 1, 401)).toMatchObject({ cause: "credentials" });
  });

  test("nobody notices when an observer is gone: after a while, both anew", () => {
    const bench = newBench(true).ask(CHANGE);
    bench.take();
    bench.dialect.giveUp(bench);
    expect(lines(bench)).toEqual(["coapCancel 1", "coapCancel 2"]);
    expect(lines(bench.ask(CHANGE))).toHaveLength(2);
  });
});

test("whatever comes by HTTP, what is asked is answered at most once", () => {
  const asks = [TARGET, CHANGE, chunkOf(unsized), failed];
  fc.assert(
    fc.property(
      fc.constantFrom(...asks),
      fc.array(fc.tuple(fc.constantFrom(200, 401, 404, 408, 500), fc.json()), { maxLength: 6 }),
      (ask, answers) => {
        const options = { token: "T", kind: "fw", longPolls: true } as const;
        const bench = new DialectBench(new DocumentedHttp(options)).ask(ask);
        const said = answers.map(([status, body], index) =>
          bench.dialect.step(
            { type: "httpResponse", at: 0, id: index + 1, status, body: bytesOf(body) },
            bench,
          ),
        );
        const ends = said.filter((one) => one !== undefined && one !== "reached");
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(bench.effects.length).toBeLessThanOrEqual(2);
      },
    ),
  );
});
