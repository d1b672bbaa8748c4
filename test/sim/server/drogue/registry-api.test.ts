import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DrogueRegistry } from "#sim/server/drogue/registry.ts";
import { DrogueRegistryApi, REGISTRY_ROOT } from "#sim/server/drogue/registry-api.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { jsonOf, statusOf } from "../thingsboard/stand-in.ts";
import { basic, UNIX_MS } from "./drogue-bench.ts";

function bench() {
  const registry = new DrogueRegistry(() => UNIX_MS);
  const device = registry.addDevice("app 1", { name: "d1", password: "x", group: "beta" });
  const api = new DrogueRegistryApi(registry, { user: "admin", token: "t" });
  const call = (method: string, path: string, body: unknown = "", who = "admin:t") => {
    const answers: HttpOutcome[] = [];
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const headers = { authorization: basic(who) };
    const bytes = new TextEncoder().encode(text);
    api.handle({ method, path: `${REGISTRY_ROOT}${path}`, headers, body: bytes }, (outcome) => {
      answers.push(outcome);
    });
    return answers[0];
  };
  return { registry, device, call };
}

const DEVICES = "/app%201/devices";
const DEVICE = `${DEVICES}/d1`;
const made = (name: string, application = "app 1") => ({ metadata: { application, name } });

test("a device as drogue-client reads it", () => {
  expect(jsonOf(bench().call("GET", DEVICE))).toEqual({
    metadata: {
      application: "app 1",
      name: "d1",
      creationTimestamp: "2026-01-01T00:00:00.000Z",
      generation: 1,
      resourceVersion: "1",
      labels: { group: "beta" },
    },
    spec: {},
    status: {},
  });
});

test("lists", () => {
  const { call } = bench();
  expect(jsonOf(call("GET", ""))).toMatchObject([{ metadata: { name: "app 1" }, spec: {} }]);
  expect(jsonOf(call("GET", "/app%201/devices"))).toMatchObject([{ metadata: { name: "d1" } }]);
  expect(jsonOf(call("GET", "/app%201"))).not.toHaveProperty("metadata.application");
});

test("what is put is what is there; of two that read the same, the second is refused", () => {
  const { call, device } = bench();
  const read = Object(jsonOf(call("GET", DEVICE)));
  const spec = { firmware: { file: { name: "app" } } };
  expect(statusOf(call("PUT", DEVICE, { ...read, spec }))).toBe(204);
  expect(device).toMatchObject({ spec, generation: 2, resourceVersion: 2 });
  expect(statusOf(call("PUT", DEVICE, read))).toBe(409);
  expect(device.spec).toEqual(spec);
  const status = { firmware: { current: "1" } };
  const { resourceVersion: _, ...metadata } = read.metadata;
  expect(statusOf(call("PUT", DEVICE, { metadata, spec, status }))).toBe(204);
  expect(device).toMatchObject({ status, generation: 2, resourceVersion: 3 });
});

test("a device is made with credentials, lets itself in with them, and is deleted", () => {
  const { call, registry } = bench();
  const spec = { authentication: { credentials: [{ pass: "a" }, { pass: "b" }] } };
  const created = call("POST", DEVICES, { ...made("d 2"), spec });
  expect(created).toMatchObject({
    status: 201,
    headers: { location: `${REGISTRY_ROOT}/app%201/devices/d%202` },
  });
  expect(jsonOf(call("GET", "/app%201/devices/d%202"))).toMatchObject({
    metadata: { application: "app 1", name: "d 2", resourceVersion: "1" },
    spec,
  });
  const letsIn = (password: string) =>
    registry.authenticate("app 1", "d 2", password) !== undefined;
  expect(["a", "b", "", "undefined", "c"].map(letsIn)).toEqual([true, true, false, false, false]);
  expect(statusOf(call("DELETE", "/app%201/devices/d%202"))).toBe(204);
  expect(letsIn("a")).toBe(false);
});

test.each([{}, { authentication: 1 }, { authentication: { credentials: [null, 1, {}] } }])(
  "nobody is let in by %j",
  (spec) => {
    const { call, registry } = bench();
    call("POST", DEVICES, { ...made("d2"), spec });
    expect(registry.device("app 1", "d2")).toBeDefined();
    expect(registry.authenticate("app 1", "d2", "")).toBeUndefined();
  },
);

describe("what it refuses", () => {
  test.each<[what: string, method: string, path: string, body: unknown, status: number]>([
    ["nobody's device", "GET", "/app%201/devices/d2", "", 404],
    ["nobody's application", "GET", "/app2/devices/d1", "", 404],
    ["more than there is", "GET", `${DEVICE}/x`, "", 404],
    ["a path that cannot be read", "GET", "/%ff", "", 404],
    ["something else of an application", "GET", "/app%201/keys", "", 404],
    ["to delete nobody", "DELETE", "/app%201/devices/d2", "", 404],
    ["to delete an application", "DELETE", "/app%201", "", 405],
    ["to add an application", "POST", "", {}, 405],
    ["a new device without a name", "POST", DEVICES, { metadata: { application: "app 1" } }, 400],
    ["one with an empty name", "POST", DEVICES, made(""), 400],
    ["one with a long name", "POST", DEVICES, made("x".repeat(256)), 400],
    ["another application's", "POST", DEVICES, made("d2", "app 2"), 400],
    ["one whose specification is none", "POST", DEVICES, { ...made("d2"), spec: [] }, 400],
    ["one that is there", "POST", DEVICES, made("d1"), 409],
    ["no JSON", "PUT", DEVICE, "{", 400],
    ["null", "PUT", DEVICE, "null", 400],
    ["another's", "PUT", DEVICE, { metadata: { name: "d2" } }, 400],
    ["a list as spec", "PUT", DEVICE, { metadata: { name: "d1" }, spec: [] }, 400],
  ])("%s", (_, method, path, body, status) => {
    expect(statusOf(bench().call(method, path, body))).toBe(status);
  });

  test("who says nothing, or something else", () => {
    expect(statusOf(bench().call("GET", "", "", "admin:x"))).toBe(403);
    expect(statusOf(bench().call("GET", "", "", "x"))).toBe(403);
  });

  test("whatever is put: an answer, and nothing thrown", () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (body, path) => {
        const { call } = bench();
        call("PUT", DEVICE, body);
        call("POST", DEVICES, body);
        call("GET", `/${path}`);
      }),
    );
  });
});
