import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drogueCommand, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import { DROGUE_QUIRKS, type DrogueQuirk, type DrogueQuirks } from "#sim/server/drogue/quirks.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { bodyOf, statusOf } from "../thingsboard/stand-in.ts";
import { basic, DrogueBench, firmwareOf } from "./drogue-bench.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const status = (version: string, mtu?: number) =>
  encodeCbor(
    drogueStatus,
    { version: utf8(version), mtu, correlationId: 7, update: undefined },
    "packed",
  );
const known = basic("d 1@app1:p:w");

interface Post {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

function post(bench: DrogueBench, { path = "/v1/dfu?ct=30", headers, body }: Post = {}) {
  const answers: HttpOutcome[] = [];
  const given = { authorization: known, ...headers };
  const request = { method: "POST", path, headers: given, body: body ?? status("1.0.0") };
  const leave = bench.http.handle(request, (outcome) => answers.push(outcome));
  return { answers, leave };
}

function commandOf(outcome: HttpOutcome | undefined) {
  const decoded = decodeCbor(drogueCommand, bodyOf(outcome));
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.value;
}

function benchWith(version = "2.0.0", quirks = {}) {
  const bench = new DrogueBench({ quirks });
  bench.rollOut(firmwareOf(new Uint8Array(600), { version }));
  return bench;
}

test("a command comes in the response, and says what it is", () => {
  const [answer] = post(benchWith()).answers;
  expect(answer).toMatchObject({ status: 200, headers: { command: "dfu" } });
  expect(commandOf(answer)).toMatchObject({ name: "Write", correlationId: 7, offset: 0 });
});

test("pieces are of 512 bytes for a device that does not say", () => {
  const command = commandOf(post(benchWith()).answers[0]);
  expect(command.name === "Write" && command.data.length).toBe(512);
});

test("a device that has half of another version begins this one at its first byte", () => {
  const bench = benchWith();
  const had = (version: string) => {
    const update = { version: utf8(version), offset: 300 };
    const own = { version: utf8("1.0.0"), mtu: 100, correlationId: 7, update };
    return bench.service.answer(bench.device, own);
  };
  expect(had("1.5.0")).toMatchObject({ name: "Write", offset: 0 });
  expect(had("2.0.0")).toMatchObject({ name: "Write", offset: 300 });
});

test("the registry says how far a device is, and that it is in sync only when it is", () => {
  const bench = benchWith();
  const conditionsOf = (version: string, offset: number | undefined) => {
    const update = offset === undefined ? undefined : { version: utf8("2.0.0"), offset };
    bench.service.answer(bench.device, {
      ...{ version: utf8(version), mtu: 100, correlationId: 7, update },
    });
    const { conditions } = Object(bench.device.status["firmware"]);
    return conditions.map(({ type, status: is, message }: Record<string, string>) =>
      [type, message ?? is].join(" "),
    );
  };
  expect(conditionsOf("1.0.0", undefined)).toEqual(["InSync False"]);
  expect(conditionsOf("1.0.0", 150)).toEqual(["InSync False", "UpdateProgress 25.00"]);
  expect(conditionsOf("2.0.0", undefined)).toEqual(["InSync True"]);
});

test("a second command finds nobody who waits", () => {
  const bench = new DrogueBench();
  const { answers } = post(bench);
  for (let times = 0; times < 2; times++) {
    bench.cloud.command(bench.device, "dfu", Uint8Array.of(1));
  }
  expect(answers.map(statusOf)).toEqual([200]);
});

describe("no command", () => {
  test("in time: 202 when the time is over, and nothing later", () => {
    const bench = new DrogueBench();
    const { answers } = post(bench);
    bench.engine.advance(29_000_000);
    expect(answers).toEqual([]);
    bench.engine.advance(31_000_000);
    expect(answers.map(statusOf)).toEqual([202]);
    bench.cloud.command(bench.device, "dfu", utf8("x"));
    expect(answers).toHaveLength(1);
  });

  test("is waited for without ct", () => {
    expect(post(benchWith(), { path: "/v1/dfu" }).answers.map(statusOf)).toEqual([202]);
  });

  test("comes to who has gone", () => {
    const bench = new DrogueBench();
    const { answers, leave } = post(bench);
    leave();
    bench.cloud.command(bench.device, "dfu", utf8("x"));
    bench.engine.advance(100_000_000);
    expect(answers).toEqual([]);
  });
});

test.each<[what: string, request: Post, answer: number]>([
  ["another password", { headers: { authorization: basic("d 1@app1:x") } }, 403],
  ["another device", { headers: { authorization: basic("d2@app1:p:w") } }, 403],
  ["another application", { headers: { authorization: basic("d 1@app2:p:w") } }, 403],
  ["no user name", { headers: { authorization: basic("p:w") } }, 403],
  ["no base64", { headers: { authorization: "Basic ??" } }, 403],
  ["for a device that does not name it", { path: "/v1/dfu?ct=1&as=d2" }, 403],
  ["a path of no channel", { path: "/v2/dfu" }, 404],
  ["a path that cannot be read", { path: "/v1/%ff" }, 404],
  ["ct as text", { path: "/v1/dfu?ct=soon" }, 400],
  ["another channel", { path: "/v1/temp" }, 202],
])("%s", (_, request, answer) => {
  expect(post(benchWith(), request).answers.map(statusOf)).toEqual([answer]);
});

test("any path and any header: an answer, and nothing thrown", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.uint8Array(), (path, authorization, body) => {
      post(benchWith(), { path: `/v1/dfu?${path}`, headers: { authorization }, body });
      post(benchWith(), { path, body });
    }),
  );
});

interface Seen {
  readonly look: (quirks: Partial<DrogueQuirks>) => unknown;
  readonly on: unknown;
  readonly off: unknown;
}

/** Every switch; the compiler knows when one is missing. */
const seen: Readonly<Record<DrogueQuirk, Seen>> = {
  silentOnErrors: {
    look: (quirks) => post(new DrogueBench({ quirks })).answers.map((one) => commandOf(one).name),
    on: [],
    off: ["Wait"],
  },
  takesMtu0: {
    look: (quirks) => {
      const { answers } = post(benchWith("2.0.0", quirks), { body: status("1.0.0", 0) });
      const command = commandOf(answers[0]);
      return command.name === "Write" && command.data.length;
    },
    on: 0,
    off: 512,
  },
  syncWithoutPoll: {
    look: (quirks) => commandOf(post(benchWith("1.0.0", quirks)).answers[0]),
    on: expect.objectContaining({ name: "Sync", poll: undefined }),
    off: expect.objectContaining({ name: "Sync", poll: 60 }),
  },
  diesOfJson: {
    look: (quirks) => {
      const bench = benchWith("2.0.0", quirks);
      post(bench, { headers: { "content-type": "application/json" }, body: utf8("{}") });
      return post(bench).answers.length;
    },
    on: 0,
    off: 1,
  },
};

describe("quirks", () => {
  test.each(Object.entries(seen))("%s, on and off", (quirk, { look, on, off }) => {
    expect(look({})).toEqual(on);
    expect(look({ [quirk]: true })).toEqual(on);
    expect(look({ [quirk]: false })).toEqual(off);
  });

  test("the guide has each of them", () => {
    const guide = readFileSync(new URL("../../../../docs/pull.md", import.meta.url), "utf8");
    for (const quirk of Object.keys(DROGUE_QUIRKS)) expect(guide).toContain(`| \`${quirk}\` |`);
  });
});

describe("a roll-out", () => {
  test("to a group: the others keep what the application has", () => {
    const bench = benchWith("2.0.0");
    const { registry } = bench.cloud;
    const beta = registry.addDevice("app1", { name: "b", password: "b", group: "beta" });
    const next = firmwareOf(new Uint8Array(9), { name: "next", version: "3.0.0" });
    bench.service.publish(next);
    registry.rollOut("app1", { file: { name: "next" } }, "beta");
    const own = { version: utf8("1.0.0"), mtu: 8, correlationId: undefined, update: undefined };
    const versions = [bench.device, beta].map((device) => {
      const command = bench.service.answer(device, own);
      return command?.name === "Write" && new TextDecoder().decode(command.version);
    });
    expect(versions).toEqual(["2.0.0", "3.0.0"]);
    registry.rollOut("app1", undefined, "beta");
    expect(bench.service.answer(beta, own)).toMatchObject({ version: utf8("2.0.0") });
  });

  test("of a container image: by its name", () => {
    const bench = new DrogueBench();
    bench.service.publish(firmwareOf(new Uint8Array(9), { name: "app:2.0.0" }));
    bench.cloud.registry.rollOut("app1", { container: { image: "app:2.0.0" } });
    expect(commandOf(post(bench).answers[0]).name).toBe("Write");
  });

  test("of what is not published: told in the registry, not to the device", () => {
    const bench = new DrogueBench();
    bench.cloud.registry.rollOut("app1", { file: { name: "nothing" } });
    expect(post(bench).answers).toEqual([]);
    expect(bench.device.status).toMatchObject({ firmware: { target: "Unknown" } });
  });
});
