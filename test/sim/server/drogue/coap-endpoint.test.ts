import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { DrogueCoapApi, drogueCoapEndpoint } from "#sim/server/drogue/coap-endpoint.ts";
import type { CoapHeard, CoapSaid } from "#sim/server/thingsboard/coap-exchange.ts";
import { basic, DrogueBench, firmwareOf } from "./drogue-bench.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const authorized = (text: string) => [{ number: 4209, value: utf8(text) }];
/** version "1", mtu 4, nothing else */
const status = Uint8Array.of(0xa2, 0, 0x41, 0x31, 1, 4);
const me = authorized(basic("d 1@app1:p:w"));

let bench: DrogueBench;
let said: CoapSaid[];
let hear: (heard: Partial<CoapHeard>) => void;

beforeEach(() => {
  bench = new DrogueBench();
  said = [];
  const endpoint = drogueCoapEndpoint(bench.cloud, new KeyedEntropy(1, 0), (_, message) => {
    said.push(message);
  });
  let messageId = 0;
  hear = (heard) => {
    messageId += 1;
    endpoint.receive("client 1", {
      type: "con",
      code: 2,
      messageId,
      token: "ab",
      path: ["v1", "dfu"],
      query: ["ct=5"],
      observe: undefined,
      block2: undefined,
      block1: undefined,
      options: me,
      isUnderstood: true,
      payload: status,
      ...heard,
    });
  };
});

const wait = (seconds: number) => bench.engine.advance(bench.engine.now + seconds * 1_000_000);

test("a command at once is on the acknowledgement, with its name", () => {
  bench.rollOut(firmwareOf(new Uint8Array(1000)));
  hear({});
  expect(said).toEqual([
    {
      type: "ack",
      code: 205,
      messageId: 1,
      token: "ab",
      options: [{ number: 4210, value: utf8("dfu") }],
      payload: expect.any(Uint8Array),
    },
  ]);
  expect(Buffer.from(said[0]?.payload ?? []).toString("hex")).toMatch(
    /^a102a40045322e302e3001f602000344/,
  );
});

test("one that comes later, in a message of its own; the request that comes again waits with it", () => {
  hear({});
  expect(said).toMatchObject([{ type: "ack", code: 0, messageId: 1, token: "" }]);
  hear({ messageId: 1 });
  expect(said).toHaveLength(2);
  wait(3);
  bench.cloud.command(bench.device, "light", Uint8Array.of(7));
  expect(said[2]).toMatchObject({
    type: "con",
    code: 205,
    token: "ab",
    options: [{ number: 4210, value: utf8("light") }],
    payload: Uint8Array.of(7),
  });
  hear({ type: "ack", code: 0, messageId: said[2]?.messageId ?? 0 });
  wait(100);
  expect(said).toHaveLength(3);
});

test("none in time: 2.04, said again until it is heard", () => {
  hear({});
  wait(4.9);
  expect(said).toHaveLength(1);
  wait(0.2);
  expect(said[1]).toMatchObject({ type: "con", code: 204 });
  wait(3);
  expect(said[2]).toEqual(said[1]);
});

test("a command that is no datagram comes in blocks, each with its code", () => {
  bench.rollOut(firmwareOf(new Uint8Array(3000)));
  hear({ payload: Uint8Array.of(0xa2, 0, 0x41, 0x31, 1, 0x19, 0x08, 0x00) });
  expect(said[0]).toMatchObject({ code: 205, block2: { num: 0, more: true, sizeBytes: 1024 } });
  const block2 = { num: 1, more: false, sizeBytes: 1024 } as const;
  hear({ block2, payload: new Uint8Array(0) });
  expect(said[1]).toMatchObject({ code: 205, block2: { num: 1, more: true } });
  expect(said[1]?.payload).toHaveLength(1024);
});

describe("what it takes, and what it does not", () => {
  const rows: readonly [string, Partial<CoapHeard>, number][] = [
    ["no time to wait", { query: [] }, 204],
    ["no time, in words", { query: ["ct=soon"] }, 400],
    ["the long name", { query: ["commandTimeout=0"] }, 204],
    ["a subject", { path: ["v1", "dfu", "a", "b"], query: [] }, 204],
    ["no status", { payload: new Uint8Array(0), query: [] }, 204],
    [
      "who it is in the query, in one option",
      {
        query: ["application=app1&device=d%201"],
        options: authorized(basic("d 1:p:w")),
      },
      204,
    ],
    [
      "who it is in the query, in two",
      {
        query: ["application=app1", "device=d%201"],
        options: authorized(basic("x:p:w")),
      },
      403,
    ],
    ["for somebody else", { query: ["as=d2"] }, 403],
    ["another password", { options: authorized(basic("d 1@app1:x")) }, 403],
    ["another scheme", { options: authorized("Bearer x") }, 403],
    ["nobody", { options: [] }, 400],
    ["GET", { code: 1 }, 405],
    ["no version", { path: ["dfu"] }, 400],
    ["no channel", { path: ["v1"] }, 400],
    ["an option that has to be known", { isUnderstood: false }, 402],
  ];
  test.each(rows)("%s", (_, heard, code) => {
    bench.cloud.registry.addDevice("app1", { name: "d2", password: "x" });
    hear(heard);
    expect(said).toMatchObject([{ type: "ack", code }]);
  });
});

test("whatever is said, it has an answer or a listener, and nothing is thrown", () => {
  const { handle } = new DrogueCoapApi(bench.cloud);
  fc.assert(
    fc.property(
      fc.nat(5),
      fc.array(fc.string(), { maxLength: 4 }),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }),
      (code, path, query, value, payload) => {
        const options = [{ number: 4209, value }];
        for (const segments of [path, ["v1", "dfu"]]) {
          for (const who of [options, me]) {
            const heard = { code, path: segments, query, observe: undefined, payload };
            handle({ ...heard, options: who }, () => {})();
          }
        }
      },
    ),
  );
});
