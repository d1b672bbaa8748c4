import { describe, expect, test } from "vitest";
import { SimulatedCoap } from "#sim/pull/coap-link.ts";
import { CoapPort } from "#sim/pull/coap-port.ts";
import type { CoapHandler, CoapOutcome } from "#sim/server/thingsboard/coap-exchange.ts";
import type { Quirk } from "#sim/server/thingsboard/quirks.ts";
import { StandIn } from "../server/thingsboard/stand-in.ts";
import { TestLinkWorld } from "./link-world.ts";

const request = {
  type: "coapRequest",
  id: 7,
  method: "GET",
  path: ["fw", "T"],
  query: ["chunk=0"],
  options: [],
  payload: undefined,
  observes: false,
  blockBytes: undefined,
  payloadBytesMax: 4,
} as const;
const reply = (bytes: number): CoapOutcome => ({ code: 205, payload: new Uint8Array(bytes) });
const latencyMs = { min: 50, max: 50 };

/** A device and a server that answers everything alike, on one clock. */
function linkOf(
  options: ConstructorParameters<typeof TestLinkWorld>[0] = {},
  outcome: CoapOutcome = reply(1),
  quirks: Partial<Record<Quirk, boolean>> = {},
) {
  const world = new TestLinkWorld({ latencyMs, ...options });
  const { server } = new StandIn();
  const asked: string[] = [];
  const handler: CoapHandler = ({ code, path, query }, respond) => {
    asked.push(`${code} ${path.join("/")} ${query.join("&")}`);
    respond(outcome);
    return () => {};
  };
  const host = {
    options: { scheduler: world.scheduler, entropy: server.options.entropy },
    quirks: { ...server.quirks, ...quirks },
  };
  const port = new CoapPort(host, handler);
  return { world, heard: world.heard, asked, port, link: new SimulatedCoap(world, port) };
}

describe.each([
  { answersApart: false, messages: 2 },
  // The request, its acknowledgement, the answer, and that one's.
  { answersApart: true, messages: 4 },
])("an answer, $messages messages", ({ answersApart, messages }) => {
  const rows: readonly [string, CoapOutcome, object][] = [
    ["that fits", reply(4), { type: "coapResponse", id: 7, code: 205 }],
    ["with a byte too many", reply(5), { type: "coapFailed", id: 7, isTooLong: true }],
    ["in blocks", reply(1025), { type: "coapFailed", id: 7, isTooLong: true }],
    [
      "that is none",
      { code: 404, payload: new Uint8Array(0) },
      { type: "coapResponse", id: 7, code: 404 },
    ],
  ];
  test.each(rows)("%s", (_, outcome, is) => {
    const { world, heard, asked, link } = linkOf({}, outcome, { answersApart });
    link.perform(request);
    world.wait(200);
    expect(heard).toMatchObject([{ ...is, atMs: 100 }]);
    expect(asked).toEqual(["1 fw/T chunk=0"]);
    expect(link.messages).toBe(messages);
  });

  test("everything comes twice: served once, heard once", () => {
    const { world, heard, asked, link } = linkOf({ duplicates: 1 }, reply(1), { answersApart });
    link.perform(request);
    world.wait(200);
    expect(heard).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  test("half of all datagrams are lost: most come through, each served once", () => {
    const { world, heard, asked, link } = linkOf({ loss: 0.5 }, reply(1), { answersApart });
    for (let id = 0; id < 300; id++) {
      link.perform({ ...request, id });
      world.wait(300);
    }
    expect(heard.filter(({ type }) => type === "coapResponse").length).toBeGreaterThan(200);
    expect(asked.length).toBeLessThanOrEqual(300);
    expect(link.lost / link.messages).toBeGreaterThan(0.47);
    expect(link.lost / link.messages).toBeLessThan(0.53);
  });
});

test("nothing arrives: sent five times, ever more rarely, then given up", () => {
  const { world, heard, link } = linkOf({ loss: 1 });
  link.perform(request);
  const sentByS = [1.9, 3.1, 5.9, 9.1, 13.9, 21.1, 29.9, 45.1, 61.9].map((untilS) => {
    world.wait(untilS - world.scheduler.now / 1_000_000);
    return link.messages;
  });
  expect(sentByS).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5]);
  expect(heard).toEqual([]);
  world.wait(31.2);
  expect(heard).toMatchObject([{ type: "coapFailed", detail: "nobody acknowledges it" }]);
});

test.each([
  ["silence: acknowledged, and nothing comes", "silence", []],
  [
    "reset: not even that",
    "reset",
    [{ type: "coapFailed", detail: "the server rejects the request", atMs: 100 }],
  ],
] as const)("%s", (_, outcome, is) => {
  const { world, heard, link } = linkOf({}, outcome);
  link.perform(request);
  world.wait(300);
  expect(heard).toMatchObject(is);
  expect(link.messages).toBe(2);
});

test.each(["no link", "no server"])("%s for a while: what is sent again arrives", (what) => {
  const { world, heard, asked, link } = linkOf();
  world.offline = what === "no link";
  world.down = what === "no server";
  link.perform(request);
  world.wait(1);
  world.offline = false;
  world.down = false;
  expect(asked).toEqual([]);
  world.wait(10);
  expect(heard).toMatchObject([{ type: "coapResponse" }]);
});

test("a server that restarts forgets what it owes; the device is not told", () => {
  const { world, heard, port, link } = linkOf({}, reply(1), { answersApart: true });
  link.perform(request);
  world.wait(0.06);
  world.down = true;
  port.restart();
  link.drop();
  world.wait(0.1);
  world.down = false;
  world.wait(300);
  // Said before it went: on its way all the same.
  expect(heard).toHaveLength(1);
  expect(link.messages).toBe(4);
});

test.each([
  [
    "has cancelled hears nothing, and acknowledges what comes",
    (link: SimulatedCoap) => link.perform({ type: "coapCancel", id: 7 }),
    4,
  ],
  // The answer is said five times.
  ["is gone hears nothing, and says nothing", (link: SimulatedCoap) => link.halt(), 7],
] as const)("who %s", (_, leave, messages) => {
  const { world, heard, link } = linkOf({}, reply(1), { answersApart: true });
  link.perform({ type: "coapCancel", id: 7 });
  link.perform(request);
  world.wait(0.01);
  leave(link);
  world.wait(300);
  expect(heard).toEqual([]);
  expect(link.messages).toBe(messages);
  link.perform({ ...request, id: 8 });
  world.wait(1);
  expect(heard).toMatchObject([{ type: "coapResponse", id: 8 }]);
});

test("every datagram is cut, or takes its time", () => {
  const cut = linkOf({ truncation: 1 });
  cut.link.perform(request);
  cut.world.wait(60);
  expect(cut.heard).toEqual([]);
  const slow = linkOf({ bytesPerS: 2 }, reply(3), { answersApart: false });
  slow.link.perform(request);
  slow.world.wait(10);
  expect(slow.heard).toMatchObject([{ atMs: 1600 }]);
});

test("what no device of a scenario does", () => {
  const { link } = linkOf();
  expect(() => link.perform({ ...request, observes: true })).toThrow(RangeError);
  expect(() => link.perform({ ...request, blockBytes: 64 })).toThrow(RangeError);
  expect(() => link.perform({ type: "mqttConnect" })).toThrow("no CoAP in mqttConnect");
});
