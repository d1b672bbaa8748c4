import { describe, expect, test } from "vitest";
import { ThingsBoardHttp } from "#agent/pull/thingsboard-http.ts";
import {
  bytesOf,
  CHANGE,
  chunkOf,
  DialectBench,
  first,
  sized,
  TARGET,
} from "./documented-bench.ts";

const newBench = (kind: "fw" | "sw" = "fw") =>
  new DialectBench(new ThingsBoardHttp({ token: "T/1", kind, longPolls: true }));

function answer(bench: ReturnType<typeof newBench>, id: number, status: number, body = "") {
  return bench.dialect.step({ type: "httpResponse", at: 0, id, status, body: bytesOf(body) });
}

function pathOf(bench: ReturnType<typeof newBench>): string | undefined {
  const [effect] = bench.take();
  return effect?.type === "httpRequest" ? `${effect.method} ${effect.path}` : effect?.type;
}

describe("what is asked for", () => {
  const odd = { ...sized, title: "a&b c", version: "1?=#" };
  test.each([
    {
      what: "a chunk, whatever is in its name",
      ask: chunkOf(odd),
      path: "GET /api/v1/T%2F1/firmware?title=a%26b%20c&version=1%3F%3D%23&size=256&chunk=3",
    },
    { what: "what runs", ask: first, path: "POST /api/v1/T%2F1/telemetry" },
    {
      what: "a change, for less than the server's own limit",
      ask: CHANGE,
      path: "GET /api/v1/T%2F1/attributes/updates?timeout=25000",
    },
    {
      what: "a change soon",
      ask: { type: "change", seconds: 7 } as const,
      path: "GET /api/v1/T%2F1/attributes/updates?timeout=7000",
    },
  ])("$what", ({ ask, path }) => expect(pathOf(newBench().ask(ask))).toBe(path));

  test("no more of a chunk than that", () => {
    expect(newBench().ask(chunkOf(sized)).take()).toMatchObject([{ bodyBytesMax: 256 }]);
  });
});

describe("an answer", () => {
  test.each([
    { ask: TARGET, status: 200, body: "{}", is: { type: "target", offer: undefined } },
    { ask: TARGET, status: 401, body: "", is: { type: "denied", cause: "credentials" } },
    { ask: TARGET, status: 404, body: "", is: { type: "failed" } },
    { ask: chunkOf(sized), status: 200, body: "abc", is: { type: "chunk", bytes: bytesOf("abc") } },
    { ask: chunkOf(sized), status: 400, body: "x", is: { type: "denied", cause: "assignment" } },
    { ask: chunkOf(sized), status: 404, body: "x", is: { type: "denied", cause: "assignment" } },
    { ask: chunkOf(sized), status: 206, body: "x", is: { type: "failed" } },
    { ask: chunkOf(sized), status: 429, body: "x", is: { type: "failed" } },
    { ask: first, status: 200, body: "", is: { type: "reported" } },
    { ask: first, status: 500, body: "", is: { type: "failed" } },
    { ask: CHANGE, status: 408, body: "", is: { type: "changed" } },
    { ask: CHANGE, status: 503, body: "", is: { type: "changed" } },
    { ask: CHANGE, status: 500, body: "", is: { type: "failed" } },
  ])("$status to $ask.type", ({ ask, status, body, is }) => {
    const bench = newBench().ask(ask);
    expect(answer(bench, 1, status, body)).toMatchObject(is);
    // Once.
    expect(answer(bench, 1, status, body)).toBeUndefined();
  });

  test("to a question that was given up means nothing to the next one", () => {
    const bench = newBench().ask(chunkOf(sized, 0));
    bench.take();
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([{ type: "httpCancel", id: 1 }]);
    bench.ask(chunkOf(sized, 1));
    expect(answer(bench, 1, 200, "late")).toBeUndefined();
    const failed = { type: "httpFailed", at: 0, id: 1, detail: "late", isTooLong: false } as const;
    expect(bench.dialect.step(failed)).toBeUndefined();
    expect(answer(bench, 2, 200, "mine")).toEqual({ type: "chunk", bytes: bytesOf("mine") });
  });
});
