import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChunkFault } from "#sim/server/thingsboard/faults.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { bodyOf, DATA, jsonOf, packageOf, StandIn, statusOf } from "./stand-in.ts";

function assigned(...options: ConstructorParameters<typeof StandIn>): StandIn {
  const standIn = new StandIn(...options);
  standIn.server.assignToProfile("default", "fw", packageOf());
  standIn.wait(1);
  return standIn;
}

const FW = "/api/v1/T/firmware?title=fw&version=2.0.0";

describe("what a chunk request is answered", () => {
  test.each([
    { path: `${FW}&size=300&chunk=0`, status: 200, bytes: DATA.subarray(0, 300) },
    { path: `${FW}&size=300&chunk=3`, status: 200, bytes: DATA.subarray(900) },
    { path: `${FW}&size=300&chunk=4`, status: 200, bytes: new Uint8Array(0) },
    { path: `${FW}&size=300`, status: 200, bytes: DATA.subarray(0, 300) },
    { path: FW, status: 200, bytes: DATA },
    { path: `${FW}&chunk=7`, status: 200, bytes: DATA },
    { path: `${FW}&size=300&chunk=-1`, status: 500 },
    { path: `${FW}&size=65536&chunk=32768`, status: 500 },
    { path: `${FW}&size=65535&chunk=32768`, status: 200, bytes: new Uint8Array(0) },
    { path: `${FW}&size=300&chunk=x`, status: 400 },
    { path: `${FW}&size=3e2&chunk=0`, status: 400 },
    { path: `${FW}&size=99999999999&chunk=0`, status: 400 },
    { path: "/api/v1/T/firmware?title=fw", status: 400 },
    { path: "/api/v1/T/firmware?version=2.0.0", status: 400 },
    { path: "/api/v1/T/firmware?title=fw&version=1.0.0", status: 400 },
    { path: "/api/v1/T/firmware?title=FW&version=2.0.0", status: 400 },
    { path: "/api/v1/T/software?title=fw&version=2.0.0", status: 404 },
    { path: "/api/v1/nobody/firmware?title=fw&version=2.0.0", status: 401 },
    { path: "/api/v1/%E0%A4%A/firmware", status: 404 },
    { path: "/api/v1/T/firmware/chunk", status: 404 },
    { path: "/", status: 404 },
  ])("$path: $status", ({ path, status, bytes }) => {
    const outcome = assigned().ask("GET", path);
    expect(statusOf(outcome)).toBe(status);
    if (bytes !== undefined) expect(bodyOf(outcome)).toEqual(bytes);
  });

  test("with the headers of an upload, and no others", () => {
    expect(assigned().ask("GET", `${FW}&size=1`)).toMatchObject({
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": "attachment;filename=fw-2.0.0.bin",
        "x-filename": "fw-2.0.0.bin",
      },
    });
  });

  test("nothing that is asked makes it throw", () => {
    const standIn = assigned();
    const segment = fc.oneof(
      fc.string(),
      fc.constantFrom("T", "firmware", "attributes", "updates"),
    );
    const path = fc.array(segment, { maxLength: 4 }).map((each) => `/api/v1/${each.join("/")}`);
    const query = fc.dictionary(
      fc.constantFrom("title", "version", "size", "chunk", "timeout", "sharedKeys"),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("GET", "POST", "PUT"),
        path,
        query,
        fc.string(),
        (method, base, of, body) => {
          standIn.start(method, `${base}?${new URLSearchParams(of)}`, () => {}, body)();
        },
      ),
    );
  });
});

describe("attributes", () => {
  test.each([
    { query: "?sharedKeys=fw_title,fw_size", is: { shared: { fw_title: "fw", fw_size: 1000 } } },
    { query: "?sharedKeys=nothing", is: {} },
    { query: "?clientKeys=fw_title", is: {} },
    {
      query: "?clientKeys=colour&sharedKeys=fw_title",
      is: { client: { colour: "red" }, shared: { fw_title: "fw" } },
    },
  ])("$query", ({ query, is }) => {
    const standIn = assigned();
    expect(statusOf(standIn.ask("POST", "/api/v1/T/attributes", '{"colour":"red"}'))).toBe(200);
    expect(jsonOf(standIn.ask("GET", `/api/v1/T/attributes${query}`))).toEqual(is);
  });

  test("without keys, all of them", () => {
    const { shared } = jsonOf(assigned().ask("GET", "/api/v1/T/attributes")) as { shared: object };
    expect(Object.keys(shared)).toEqual([
      "fw_title",
      "fw_version",
      "fw_size",
      "fw_checksum_algorithm",
      "fw_checksum",
    ]);
  });
});

describe("telemetry", () => {
  test.each([
    { body: '{"k":"v"}', k: "v" },
    { body: '{"ts":1,"values":{"k":"v"}}', k: "v" },
    { body: '[{"ts":1,"values":{"k":"v"}},{"ts":2,"values":{"k":"w"}}]', k: "w" },
    { body: '[{"ts":2,"values":{"k":"v"}},{"ts":1,"values":{"k":"w"}}]', k: "v" },
    { body: '[{"ts":1,"values":{"k":"v"}},{"ts":1,"values":{"k":"w"}}]', k: "w" },
    { body: '{"k":{"a":1}}', k: '{"a":1}' },
    { body: '{"k":"1.10"}', k: 1.1 },
    { body: '{"k":"1.1.0"}', k: "1.1.0" },
    { body: '{"k":"v2"}', k: "v2" },
  ])("$body", ({ body, k }) => {
    const standIn = new StandIn();
    expect(statusOf(standIn.ask("POST", "/api/v1/T/telemetry", body))).toBe(200);
    expect(standIn.telemetry("k")).toBe(k);
  });

  test.each([
    ["", /MalformedJsonException/],
    ["{", /MalformedJsonException/],
    ["1", /^Can't parse value: 1$/],
    ['[{"a":1},[2]]', /^Can't parse value: \[2\]$/],
    ["null", /^Can't parse value: null$/],
  ])("%s is refused with 500, and why", (body, says) => {
    for (const what of ["telemetry", "attributes"]) {
      const outcome = new StandIn().ask("POST", `/api/v1/T/${what}`, body);
      expect(statusOf(outcome)).toBe(500);
      expect(new TextDecoder().decode(bodyOf(outcome))).toMatch(says);
    }
  });
});

describe("a long poll", () => {
  const poll = (standIn: StandIn, timeoutMs = 20_000) => {
    const answers: HttpOutcome[] = [];
    const leave = standIn.start(
      "GET",
      `/api/v1/T/attributes/updates?timeout=${timeoutMs}`,
      (outcome) => answers.push(outcome),
    );
    return { answers, leave };
  };

  test("ends empty at its time-out", () => {
    const standIn = new StandIn();
    const { answers } = poll(standIn);
    standIn.wait(19.9);
    expect(answers).toEqual([]);
    standIn.wait(0.2);
    expect(answers.map(statusOf)).toEqual([408]);
  });

  test("cut off by the server, it says so in ThingsBoard's words for errors", () => {
    const standIn = new StandIn();
    const { answers } = poll(standIn, 60_000);
    standIn.wait(31);
    const error = { status: 503, message: null, errorCode: 2, timestamp: expect.any(Number) };
    expect(answers.map(statusOf)).toEqual([503]);
    expect(jsonOf(answers[0])).toEqual(error);
  });

  test("gets one of the two messages of an assignment, either of them", () => {
    const first = Array.from({ length: 16 }, (_, seed) => {
      const standIn = new StandIn({}, {}, seed);
      const { answers } = poll(standIn);
      standIn.server.assignToDevice(standIn.device, "fw", packageOf());
      standIn.wait(60);
      expect(answers).toHaveLength(1);
      return Object.keys(jsonOf(answers[0]) as object)[0];
    });
    expect(new Set(first)).toEqual(new Set(["fw_title", "deleted"]));
  });

  test("who has gone is not told", () => {
    const standIn = new StandIn();
    const { answers, leave } = poll(standIn);
    leave();
    standIn.server.assignToDevice(standIn.device, "fw", packageOf());
    standIn.wait(60);
    expect(answers).toEqual([]);
    expect(standIn.device.listeners.size).toBe(0);
  });

  test("un-assigning names all nine keys", () => {
    const standIn = assigned();
    const { answers } = poll(standIn);
    standIn.server.assignToProfile("default", "fw", undefined);
    expect((jsonOf(answers[0]) as { deleted: string[] }).deleted).toHaveLength(9);
    expect(standIn.device.shared.size).toBe(0);
  });
});

test("rate limits are of each device, and time fills them", () => {
  const standIn = new StandIn({}, { rateLimit: { requests: 2, seconds: 10 } });
  standIn.server.addDevice("d2", "U");
  const ask = (token: string) => statusOf(standIn.ask("GET", `/api/v1/${token}/attributes`));
  expect([ask("T"), ask("T"), ask("T"), ask("U")]).toEqual([200, 200, 500, 200]);
  standIn.wait(5);
  expect([ask("T"), ask("T")]).toEqual([200, 500]);
});

test.each([
  { text: "empty", is: { kind: "empty" } },
  { text: "short:3", is: { kind: "short", chunk: 3 } },
  { text: "close:0x2", is: { kind: "close", chunk: 0, times: 2 } },
  { text: "toString", is: undefined },
  { text: "short:", is: undefined },
  { text: "short:x2", is: undefined },
])("fault $text", ({ text, is }) => {
  expect(parseChunkFault(text)).toEqual(is);
});
