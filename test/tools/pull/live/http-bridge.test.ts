import { expect, test } from "vitest";
import type { HttpCall, HttpCallEvents } from "#hal/net/http-client.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { httpBridge } from "#tools/pull/live/http-bridge.ts";
import { thingsBoardPieces } from "#tools/pull/live/thingsboard-pieces.ts";
import { BridgeBench, ERROR, SHORT } from "./bridge-bench.ts";

const FIRMWARE = "/api/v1/T/firmware?title=fw&version=2&size=4&chunk=3";

function bridged(path = FIRMWARE, body = new Uint8Array(0)) {
  const bench = new BridgeBench();
  const calls: HttpCall[] = [];
  let events: HttpCallEvents | undefined;
  let isCancelled = false;
  const call = (one: HttpCall, to: HttpCallEvents) => {
    calls.push(one);
    events = to;
    return () => {
      isCancelled = true;
    };
  };
  const request = { method: body.length > 0 ? "POST" : "GET", path, headers: {}, body };
  const leave = httpBridge(
    { call },
    bench,
    thingsBoardPieces(bench),
  )(request, (outcome) => bench.hear(textOf(outcome)));
  return {
    ...{ bench, calls, leave },
    isCancelled: () => isCancelled,
    answer: (status: number, bytes: number) =>
      events?.onResponse(status, new Uint8Array(bytes), {}),
    fail: (detail: string) => events?.onFailed(detail, false),
  };
}

function textOf(outcome: HttpOutcome): string {
  return typeof outcome === "string" ? outcome : `${outcome.status} ${outcome.body.length}`;
}

test.each<[string, number, HttpOutcome | undefined, readonly string[]]>([
  [FIRMWARE, 200, undefined, ["chunk 3, 4 bytes", "200 4"]],
  [FIRMWARE.replace("firmware", "software"), 200, SHORT, ["chunk 3, 4 bytes", "200 1"]],
  [FIRMWARE, 200, ERROR, ["chunk 3, 4 bytes", "500 0"]],
  [FIRMWARE, 200, "close", ["chunk 3, 4 bytes", "close"]],
  [FIRMWARE, 200, "silence", ["chunk 3, 4 bytes", "silence"]],
  // No chunk: faults have nothing to come over.
  [FIRMWARE, 400, SHORT, ["400 4"]],
  [FIRMWARE, 302, SHORT, ["302 4"]],
  ["/api/v1/T/attributes?chunk=3", 200, SHORT, ["200 4"]],
  ["/api/v1/T/firmware?chunk=", 200, SHORT, ["200 4"]],
  ["/api/v1/T/firmware?chunk=-1", 200, SHORT, ["200 4"]],
  ["/api/v1/T/firmware?chunk=99999999", 200, SHORT, ["200 4"]],
])("%s answered %i", (path, status, outcome, told) => {
  const { bench, answer } = bridged(path);
  bench.outcome = outcome;
  answer(status, 4);
  expect(bench.told).toEqual(told);
});

test("no answer is a closed connection, and its cause is told", () => {
  const { bench, fail } = bridged();
  fail("connection refused");
  expect(bench.told).toEqual(["trouble: connection refused", "close"]);
});

test("what is said goes as it is, as JSON; nothing goes as nothing", () => {
  const said = bridged("/api/v1/T/telemetry", new TextEncoder().encode('{"a":1}'));
  const path = "/api/v1/T/telemetry";
  expect(said.calls).toMatchObject([{ method: "POST", path, body: '{"a":1}' }]);
  expect(bridged().calls).toMatchObject([{ method: "GET", body: undefined, bodyBytesMax: 10_000 }]);
});

test("who does not wait any more cancels the call", () => {
  const { leave, isCancelled } = bridged();
  leave();
  expect(isCancelled()).toBe(true);
});
